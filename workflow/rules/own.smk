# Experiments that a user adds: each is a target by its name, with its tables, a figure and a page.


rule own:
    # the certificate against the step size, and what was measured, in words
    input:
        **asked.inputs("own"),
    output:
        page=f"{OWN}/{{experiment}}.md",
        html=report(
            f"{OWN}/{{experiment}}.html",
            caption="../report/own_page.rst",
            category="2 Findings",
            labels={"page": "{experiment}"},
        ),
        pdf=f"{OWN}/{{experiment}}.pdf",
        png=report(
            f"{OWN}/{{experiment}}.png",
            caption="../report/own.rst",
            category="3 Figures",
            labels={"figure": "{experiment}"},
        ),
        csv=f"{OWN}/{{experiment}}.csv",
        provenance=f"{OWN}/{{experiment}}.provenance.json",
    log:
        "results/logs/{experiment}/own.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(2),
    params:
        **asked.params("own"),
        section="experiments.{experiment}",
    script:
        "../../scripts/own.py"


for experiment in plan.own_experiments():

    rule:
        name:
            experiment
        input:
            plan.own_targets(experiment),
