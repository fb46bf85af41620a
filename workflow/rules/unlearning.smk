rule unlearn:
    # gradient ascent on every forget set, from every start, by every fraction of the step
    input:
        **asked.inputs("unlearn"),
    output:
        unlearned="results/{experiment}/{point}/{network}/{training}/unlearned.npz",
        provenance="results/{experiment}/{point}/{network}/{training}/unlearned.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.{training}.unlearn.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(2),
    params:
        **asked.params("unlearn"),
        section="experiments.{experiment}",
    script:
        "../../scripts/unlearn.py"
