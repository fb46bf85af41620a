rule duals:
    # exact KKT point and multipliers, and the estimates of the multipliers
    input:
        **asked.inputs("duals"),
    output:
        points="results/{experiment}/{point}/{network}/{training}/kkt.npz",
        residuals="results/{experiment}/{point}/{network}/{training}/kkt.csv",
        multipliers="results/{experiment}/{point}/{network}/{training}/multipliers.csv",
        provenance="results/{experiment}/{point}/{network}/{training}/kkt.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.{training}.duals.log",
    cache: shared
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(2),
    params:
        **asked.params("duals"),
        section="duals",
        place="{experiment}/{point}/{network}/{training}",
    script:
        "../../scripts/duals.py"
