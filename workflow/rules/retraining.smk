rule retrain:
    # training without each forget set, from the same initial weights, and its exact KKT point
    input:
        **asked.inputs("retrain"),
    output:
        retrained="results/{experiment}/{point}/{network}/{training}/retrained.npz",
        residuals="results/{experiment}/{point}/{network}/{training}/retrained.csv",
        history="results/{experiment}/{point}/{network}/{training}/retraining.csv",
        provenance="results/{experiment}/{point}/{network}/{training}/retrained.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.{training}.retrain.log",
    conda:
        "../../envs/gpu.yaml" if config["backend"] == "cupy" else "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(15),
    params:
        **asked.params("retrain"),
        section="trainings.{training}",
    script:
        "../../scripts/retrain.py"
