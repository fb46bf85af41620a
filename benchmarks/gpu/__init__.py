"""What ``benchmarks/gpu_check.py`` verifies and times on a GPU. It has not been run on one yet."""
