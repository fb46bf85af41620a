rule dependence_tables:
    # descent-ascent on dependent samples, in closed form and by descent, beside the prescribed step
    output:
        block="results/tables/dependence.csv",
        pair="results/tables/dependence.pair.csv",
        boundary="results/tables/dependence.boundary.csv",
        step="results/tables/dependence.step.csv",
        provenance="results/tables/dependence.provenance.json",
    log:
        "results/logs/dependence.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(2),
    params:
        **asked.params("dependence_tables"),
        section="dependence",
    script:
        "../../scripts/dependence_tables.py"
