rule measure_flips:
    # how many activations the step flips, by kind, and how many the restored network leaves flipped
    input:
        trained=study.trained,
        points=study.kkt_points,
    output:
        flips="results/{experiment}/{point}/{network}/{training}/flips.csv",
        provenance="results/{experiment}/{point}/{network}/{training}/flips.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.{training}.flips.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(5),
    params:
        settings=study.measured("flips"),
        section="experiments.{experiment}",
        seed=config["seed"],
        code=code("measure_flips"),
    script:
        "../../scripts/measure_flips.py"


rule measure_surface:
    # least ε found for every δ and τ, from the unlearned network to the nearest exact KKT point
    input:
        trained=study.trained,
        points=study.kkt_points,
    output:
        surface="results/{experiment}/{point}/{network}/{training}/surface.csv",
        provenance="results/{experiment}/{point}/{network}/{training}/surface.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.{training}.surface.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(5),
    params:
        settings=study.measured("surface"),
        section="experiments.{experiment}",
        seed=config["seed"],
        code=code("measure_surface"),
    script:
        "../../scripts/measure_surface.py"
