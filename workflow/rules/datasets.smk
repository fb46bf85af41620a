rule dataset:
    # draws or reads the data of all replicates and describes their geometry
    input:
        file=study.file,
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
        settings=study.dataset,
        section="experiments.{experiment}.dataset",
        seed=config["seed"],
        code=study.dataset_code,
        packages=study.dataset_packages,
        place="{experiment}/{point}",
    script:
        "../../scripts/dataset.py"
