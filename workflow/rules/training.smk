rule train:
    # gradient descent on all replicates at once, from the configured initial weights
    input:
        **asked.inputs("train"),
    output:
        trained="results/{experiment}/{point}/{network}/{training}/trained.npz",
        history="results/{experiment}/{point}/{network}/{training}/history.csv",
        provenance="results/{experiment}/{point}/{network}/{training}/trained.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.{training}.train.log",
    cache: shared
    conda:
        "../../envs/gpu.yaml" if config["backend"] == "cupy" else "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        **asked.params("train"),
        section="trainings.{training}",
        place="{experiment}/{point}/{network}/{training}",
    script:
        "../../scripts/train.py"
