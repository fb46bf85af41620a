rule measure_batch:
    # the certificate against the size of the forget set, for random and adversarial points
    input:
        trained=study.trained,
        points=study.kkt_points,
    output:
        table="results/{experiment}/{point}/{network}/{training}/batch.csv",
        provenance="results/{experiment}/{point}/{network}/{training}/batch.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.{training}.measure_batch.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(10),
    params:
        settings=study.measured("batch"),
        section="experiments.{experiment}",
        seed=config["seed"],
        code=code("measure_batch"),
    script:
        "../../scripts/measure_batch.py"


rule measure_stream:
    # the certificate after every deletion, for three users of a stream and against one batch
    input:
        trained=study.trained,
        points=study.kkt_points,
    output:
        table="results/{experiment}/{point}/{network}/{training}/stream.csv",
        provenance="results/{experiment}/{point}/{network}/{training}/stream.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.{training}.measure_stream.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(10),
    params:
        settings=study.measured("stream"),
        section="experiments.{experiment}",
        seed=config["seed"],
        code=code("measure_stream"),
    script:
        "../../scripts/measure_stream.py"
