# Membership inference: shadow models on random halves of a data set, and what attacks see of them.


rule shadows:
    # exact KKT points of networks trained on random halves of each pool
    input:
        dataset=study.dataset_file,
    output:
        shadows="results/{experiment}/{point}/{network}/{training}/shadows.npz",
        provenance="results/{experiment}/{point}/{network}/{training}/shadows.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.{training}.shadows.log",
    conda:
        "../../envs/gpu.yaml" if config["backend"] == "cupy" else "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        settings=study.shadows,
        section="experiments.{experiment}",
        seed=config["seed"],
        backend=config["backend"],
        code=code("shadows"),
    script:
        "../../scripts/shadows.py"


rule measure_membership:
    # attacks on what has been forgotten, beside the certificates
    input:
        shadows="results/{experiment}/{point}/{network}/{training}/shadows.npz",
    output:
        membership="results/{experiment}/{point}/{network}/{training}/membership.csv",
        provenance="results/{experiment}/{point}/{network}/{training}/membership.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.{training}.measure_membership.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(5),
    params:
        settings=study.measured("membership"),
        section="experiments.{experiment}",
        seed=config["seed"],
        code=code("measure_membership"),
    script:
        "../../scripts/measure_membership.py"


rule measure_klom:
    # divergence of margins from those of models never trained on a sample
    input:
        shadows="results/{experiment}/{point}/{network}/{training}/shadows.npz",
    output:
        klom="results/{experiment}/{point}/{network}/{training}/klom.csv",
        provenance="results/{experiment}/{point}/{network}/{training}/klom.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.{training}.measure_klom.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(5),
    params:
        settings=study.klom,
        section="experiments.{experiment}.klom",
        seed=config["seed"],
        code=code("measure_klom"),
    script:
        "../../scripts/measure_klom.py"
