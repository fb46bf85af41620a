rule figure_step_size:
    input:
        table="results/tables/step_size.csv",
        caption=caption("step_size"),
    output:
        pdf="paper_figures/step_size.pdf",
        png=report(
            "paper_figures/step_size.png",
            caption="../report/step_size.rst",
            category="Figures",
        ),
        csv="paper_figures/step_size.csv",
    log:
        "results/logs/figure_step_size.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        settings={},
        section="experiments.step_size",
        code=code("figure_step_size"),
    script:
        "../../scripts/figure_step_size.py"


rule figure_dimension:
    input:
        table="results/tables/dimension.csv",
        dataset="results/tables/dimension.dataset.csv",
        caption=caption("dimension"),
    output:
        pdf="paper_figures/dimension.pdf",
        png=report(
            "paper_figures/dimension.png",
            caption="../report/dimension.rst",
            category="Figures",
        ),
        csv="paper_figures/dimension.csv",
    log:
        "results/logs/figure_dimension.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        settings={},
        section="experiments.dimension",
        code=code("figure_dimension"),
    script:
        "../../scripts/figure_dimension.py"


rule figure_orthogonality:
    input:
        table="results/tables/orthogonality.csv",
        dataset="results/tables/orthogonality.dataset.csv",
        caption=caption("orthogonality"),
    output:
        pdf="paper_figures/orthogonality.pdf",
        png=report(
            "paper_figures/orthogonality.png",
            caption="../report/orthogonality.rst",
            category="Figures",
        ),
        csv="paper_figures/orthogonality.csv",
    log:
        "results/logs/figure_orthogonality.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        settings={},
        section="experiments.orthogonality",
        code=code("figure_orthogonality"),
    script:
        "../../scripts/figure_orthogonality.py"


rule figure_multipliers:
    input:
        multipliers="results/tables/step_size.multipliers.csv",
        caption=caption("multipliers"),
    output:
        pdf="paper_figures/multipliers.pdf",
        png=report(
            "paper_figures/multipliers.png",
            caption="../report/multipliers.rst",
            category="Figures",
        ),
        csv="paper_figures/multipliers.csv",
    log:
        "results/logs/figure_multipliers.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        settings={},
        section="experiments.step_size",
        code=code("figure_multipliers"),
    script:
        "../../scripts/figure_multipliers.py"


rule figure_digits:
    input:
        table="results/tables/digits.csv",
        dataset="results/tables/digits.dataset.csv",
        multipliers="results/tables/digits.multipliers.csv",
        caption=caption("digits"),
    output:
        pdf="paper_figures/digits.pdf",
        png=report(
            "paper_figures/digits.png",
            caption="../report/digits.rst",
            category="Figures",
        ),
        csv="paper_figures/digits.csv",
    log:
        "results/logs/figure_digits.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        settings={},
        section="experiments.digits",
        code=code("figure_digits"),
    script:
        "../../scripts/figure_digits.py"


rule figure_kinks:
    input:
        normalised="results/tables/kinks.stationarity.csv",
        constant="results/tables/kinks_constant.stationarity.csv",
        caption=caption("kinks"),
    output:
        pdf="paper_figures/kinks.pdf",
        png=report(
            "paper_figures/kinks.png",
            caption="../report/kinks.rst",
            category="Figures",
        ),
        csv="paper_figures/kinks.csv",
    log:
        "results/logs/figure_kinks.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        settings={},
        section="experiments.kinks",
        code=code("figure_kinks"),
    script:
        "../../scripts/figure_kinks.py"


for figure in FIGURES:
    drawn = getattr(rules, f"figure_{figure}")
    mark_outdated(drawn.output, drawn.input)
