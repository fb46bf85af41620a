rule train_deep:
    # descent on deep networks: all replicates, and each of them without each forget set
    input:
        dataset=study.dataset_file,
    output:
        networks="results/{experiment}/{point}/{network}/{training}/deep.npz",
        history="results/{experiment}/{point}/{network}/{training}/deep_history.csv",
        provenance="results/{experiment}/{point}/{network}/{training}/deep.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.{training}.train_deep.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(10),
    params:
        settings=study.train_deep,
        section=study.training_section,
        seed=config["seed"],
        code=code("train_deep"),
    script:
        "../../scripts/train_deep.py"


rule measure_depth:
    # the step on deep networks, its certificate, the terms that are left, the distance to retraining
    input:
        networks="results/{experiment}/{point}/{network}/{training}/deep.npz",
    output:
        depth="results/{experiment}/{point}/{network}/{training}/depth.csv",
        provenance="results/{experiment}/{point}/{network}/{training}/depth.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.{training}.measure_depth.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(10),
    params:
        settings=study.measured("depth"),
        section="experiments.{experiment}",
        seed=config["seed"],
        code=code("measure_depth"),
    script:
        "../../scripts/measure_depth.py"
