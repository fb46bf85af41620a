rule evaluate:
    # the certificate of every unlearned network beside its bounds, and its distance to retraining
    input:
        trained=study.trained,
        points=study.kkt_points,
        unlearned="results/{experiment}/{point}/{network}/{training}/unlearned.npz",
        retrained=study.retrained,
    output:
        evaluation="results/{experiment}/{point}/{network}/{training}/evaluation.csv",
        provenance="results/{experiment}/{point}/{network}/{training}/evaluation.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.{training}.evaluate.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(5),
    params:
        settings=study.evaluate,
        section="experiments.{experiment}",
        seed=config["seed"],
        code=code("evaluate"),
    script:
        "../../scripts/evaluate.py"


rule stationarity:
    # the stationarity residual along training, with derivatives 0 or 1 and with Clarke's
    input:
        trained=study.trained,
        points=study.kkt_points,
    output:
        stationarity="results/{experiment}/{point}/{network}/{training}/stationarity.csv",
        provenance="results/{experiment}/{point}/{network}/{training}/stationarity.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.{training}.stationarity.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(5),
    params:
        settings=study.stationarity,
        section="experiments.{experiment}",
        seed=config["seed"],
        code=code("stationarity"),
    script:
        "../../scripts/stationarity.py"
