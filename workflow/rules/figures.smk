# The figures that studies draw: a rule for each, and its name as a target.

for figure in figures():

    rule:
        name:
            f"figure_{figure}"
        input:
            **asked.inputs(f"figure_{figure}"),
        output:
            pdf=f"paper_figures/{figure}.pdf",
            png=report(
                f"paper_figures/{figure}.png",
                caption=caption(figure),
                category="3 Figures",
                labels={"figure": figure.replace("_", " ")},
            ),
            csv=f"paper_figures/{figure}.csv",
            provenance=f"results/figures/{figure}.provenance.json",
        log:
            f"results/logs/figure_{figure}.log",
        conda:
            "../../envs/cpu.yaml"
        threads: 1
        resources:
            mem_mb=growing(1000),
            runtime=growing(2),
        params:
            **asked.params(f"figure_{figure}"),
            section=section_of(figure),
        script:
            "../../scripts/figure.py"

    drawn = getattr(rules, f"figure_{figure}")

    rule:
        name:
            figure
        input:
            drawn.output.pdf,
            [plan.tables(experiment) for experiment in experiments_of(figure)],
