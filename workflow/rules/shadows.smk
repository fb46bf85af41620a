rule shadows:
    # exact KKT points of networks trained on random halves of each pool
    input:
        **asked.inputs("shadows"),
    output:
        shadows="results/{experiment}/{point}/{network}/{training}/shadows.npz",
        provenance="results/{experiment}/{point}/{network}/{training}/shadows.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.{training}.shadows.log",
    conda:
        "../../envs/gpu.yaml" if config["backend"] == "cupy" else "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        **asked.params("shadows"),
        section="experiments.{experiment}",
    script:
        "../../scripts/shadows.py"
