rule retrain:
    # training without each forget set, from the same initial weights, and its exact KKT point
    input:
        trained="results/{experiment}/{point}/{network}/trained.npz",
    output:
        retrained="results/{experiment}/{point}/{network}/retrained.npz",
        residuals="results/{experiment}/{point}/{network}/retrained.csv",
        history="results/{experiment}/{point}/{network}/retraining.csv",
        provenance="results/{experiment}/{point}/{network}/retrained.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.retrain.log",
    conda:
        "../../envs/gpu.yaml" if config["backend"] == "cupy" else "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        settings=study.retrain,
        section=study.training_section,
        seed=config["seed"],
        backend=config["backend"],
        code=code("retrain"),
    script:
        "../../scripts/retrain.py"
