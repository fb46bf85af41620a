rule dataset:
    # draws or reads the data of all replicates and describes their geometry
    input:
        **asked.inputs("dataset"),
    output:
        dataset="results/{experiment}/{point}/dataset.npz",
        table="results/{experiment}/{point}/dataset.csv",
        provenance="results/{experiment}/{point}/dataset.provenance.json",
    log:
        "results/logs/{experiment}/{point}/dataset.log",
    cache: shared
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(2),
    params:
        **asked.params("dataset"),
        section="experiments.{experiment}.dataset",
        place="{experiment}/{point}",
    script:
        "../../scripts/dataset.py"
