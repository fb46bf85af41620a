rule train_deep:
    # descent on deep networks: all replicates, and each of them without each forget set
    input:
        **asked.inputs("train_deep"),
    output:
        networks="results/{experiment}/{point}/{network}/{training}/deep.npz",
        history="results/{experiment}/{point}/{network}/{training}/deep_history.csv",
        provenance="results/{experiment}/{point}/{network}/{training}/deep.provenance.json",
    log:
        "results/logs/{experiment}/{point}/{network}.{training}.train_deep.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(10),
    params:
        **asked.params("train_deep"),
        section="trainings.{training}",
    script:
        "../../scripts/train_deep.py"
