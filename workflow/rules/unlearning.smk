rule unlearn:
    # gradient ascent on every forget set, from every start, by every fraction of the step
    input:
        trained=plan.trained,
        points=plan.kkt_points,
    output:
        unlearned="results/{experiment}/{point}/{network}/{training}/unlearned.npz",
        provenance="results/{experiment}/{point}/{network}/{training}/unlearned.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.{training}.unlearn.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(2),
    params:
        **behind("unlearn"),
        settings=plan.unlearn,
        section="experiments.{experiment}",
        seed=config["seed"],
    script:
        "../../scripts/unlearn.py"
