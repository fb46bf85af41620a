rule duals:
    # exact KKT point and multipliers, and the estimates of the multipliers
    input:
        trained="results/{experiment}/{point}/{network}/trained.npz",
    output:
        points="results/{experiment}/{point}/{network}/kkt.npz",
        residuals="results/{experiment}/{point}/{network}/kkt.csv",
        multipliers="results/{experiment}/{point}/{network}/multipliers.csv",
        provenance="results/{experiment}/{point}/{network}/kkt.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.duals.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=30,
    params:
        settings=study.duals,
        section="duals",
        seed=config["seed"],
        code=code("duals"),
    script:
        "../../scripts/duals.py"
