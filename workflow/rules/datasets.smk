rule dataset:
    # draws or reads the data of all replicates and describes their geometry
    input:
        file=plan.file,
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
        settings=plan.dataset,
        section="experiments.{experiment}.dataset",
        seed=config["seed"],
        code=plan.dataset_code,
        packages=plan.dataset_packages,
        place="{experiment}/{point}",
    script:
        "../../scripts/dataset.py"
