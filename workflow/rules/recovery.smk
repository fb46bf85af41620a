rule measure_recovery:
    # unlearning methods with and without a recovery phase, under one criterion
    input:
        trained=study.trained,
        points=study.kkt_points,
        retrained=study.retrained,
    output:
        recovery="results/{experiment}/{point}/{network}/{training}/recovery.csv",
        provenance="results/{experiment}/{point}/{network}/{training}/recovery.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.{training}.recovery.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(5),
    params:
        settings=study.measured("recovery"),
        section="experiments.{experiment}.recovery",
        seed=config["seed"],
        code=code("measure_recovery"),
    script:
        "../../scripts/measure_recovery.py"
