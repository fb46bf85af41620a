rule table:
    # what was unlearned in all settings of an experiment, one table to 6 significant digits
    input:
        **asked.inputs("table"),
    output:
        table="results/tables/{experiment}.csv",
        provenance="results/tables/{experiment}.provenance.json",
    log:
        "results/logs/{experiment}/table.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(2),
    params:
        **asked.params("table"),
        section="experiments.{experiment}",
    script:
        "../../scripts/table.py"


use rule table as measure with:
    # the other tables of the settings, put together in the same way
    output:
        table="results/tables/{experiment}.{measure}.csv",
        provenance="results/tables/{experiment}.{measure}.provenance.json",
    log:
        "results/logs/{experiment}/{measure}.log",
    params:
        **asked.params("measure"),
        section="experiments.{experiment}",


rule scorecard:
    # claim by claim: what was measured, the threshold stated beforehand, the verdict
    input:
        **asked.inputs("scorecard"),
    output:
        table="results/scorecard.csv",
        page="paper_figures/scorecard.md",
        html=report(
            "results/scorecard.html",
            caption="../report/scorecard.rst",
            category="1 Scorecard",
            labels={"page": "scorecard"},
        ),
        provenance="results/scorecard.provenance.json",
    log:
        "results/logs/scorecard.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(2),
    params:
        **asked.params("scorecard"),
        section="claims",
    script:
        "../../scripts/scorecard.py"


rule findings:
    # what replicated, what did not and what is new, in words around numbers of the scorecard and the tables
    input:
        **asked.inputs("findings"),
    output:
        page="docs/findings.md",
        html=report(
            "results/findings.html",
            caption="../report/findings.rst",
            category="2 Findings",
            labels={"page": "findings"},
        ),
        provenance="results/findings.provenance.json",
    log:
        "results/logs/findings.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(2),
    params:
        **asked.params("findings"),
        section="claims",
    script:
        "../../scripts/findings.py"


rule provenance:
    # where each figure comes from: settings, seed, backend, code, packages, tables
    input:
        **asked.inputs("provenance"),
    output:
        table="results/provenance.csv",
        html=report(
            "results/provenance.html",
            caption="../report/provenance.rst",
            category="4 Provenance",
            labels={"page": "provenance of every figure"},
        ),
        provenance="results/provenance.provenance.json",
    log:
        "results/logs/provenance.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(2),
    params:
        **asked.params("provenance"),
        section="experiments",
    script:
        "../../scripts/provenance.py"


rule columns:
    # what each column of the tables is, with its unit
    output:
        table="results/columns.csv",
        provenance="results/columns.provenance.json",
    log:
        "results/logs/columns.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(2),
    params:
        **asked.params("columns"),
        section="experiments",
    script:
        "../../scripts/columns.py"


rule explorer:
    # certificates and ways to forget as one page to look through; too large an address for a page of the report
    input:
        **asked.inputs("explorer"),
    output:
        html="results/explorer.html",
        provenance="results/explorer.provenance.json",
    log:
        "results/logs/explorer.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(2),
    params:
        **asked.params("explorer"),
        section="experiments",
    script:
        "../../scripts/explorer.py"
