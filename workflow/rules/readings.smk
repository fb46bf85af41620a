rule readings_tables:
    # the step of Figure 1 from trained weights, in every reading, on Gaussian data of many sizes
    output:
        table="results/tables/readings.csv",
        provenance="results/tables/readings.provenance.json",
    log:
        "results/logs/readings.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(10),
    params:
        **asked.params("readings_tables"),
        section="readings",
    script:
        "../../scripts/readings_tables.py"
