rule measure_convergence:
    # the certificate of the step from snapshots of the training, for agents that know more or less
    input:
        trained=study.trained,
        points=study.kkt_points,
    output:
        convergence="results/{experiment}/{point}/{network}/{training}/convergence.csv",
        provenance="results/{experiment}/{point}/{network}/{training}/convergence.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.{training}.convergence.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(5),
    params:
        settings=study.measured("convergence"),
        section="experiments.{experiment}",
        seed=config["seed"],
        code=code("measure_convergence"),
    script:
        "../../scripts/measure_convergence.py"
