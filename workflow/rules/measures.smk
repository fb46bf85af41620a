# What studies measure of a setting: a rule for each measure that they declare, by one script.

for name, measure in plan.measured_by_rule().items():

    rule:
        name:
            f"measure_{name}"
        input:
            **asked.inputs(f"measure_{name}"),
        output:
            table=f"{SETTING}/{measure.part}.csv",
            provenance=f"{SETTING}/{measure.part}.provenance.json",
        log:
            f"results/logs/{{experiment}}/{{point}}/{{network}}.{{training}}.measure_{name}.log",
        conda:
            "../../envs/cpu.yaml"
        threads: 1
        resources:
            mem_mb=growing(1500),
            runtime=growing(measure.minutes),
        params:
            **asked.params(f"measure_{name}"),
            section=plan.section_of_measure(name),
            measure=name,
            module=rows_of(name),
            reads=measure.reads,
        script:
            "../../scripts/measure.py"
