"""How fast is it, and how near the machine's limit?"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.gpu.instances import Sizes, batch, moved, start, system
from benchmarks.gpu.rows import Row
from kkt_unlearning.backends import namespace
from kkt_unlearning.training import Descent, train
from kkt_unlearning.training.gpu import fused_descent, obstacle
from kkt_unlearning.training.gpu.launch import multiply_adds

GOAL_SECONDS, GOAL_SHARE = (
    0.2,
    0.5,
)  # of the default size, and of the multiply-adds the machine can do
REALS = {"float64": "double", "float32": "float"}
PEAK = {"THREADS": 256, "CHAINS": 16, "UNROLLED": 32}  # of the kernel that does nothing else
BLOCKS_EACH, ROUNDS = 8, 256


def seconds(run: Callable[[], object], repeats: int) -> list[float]:
    """GPU time of each repeat after one that compiles and warms up."""
    import cupy

    run()
    begin, end, found = cupy.cuda.Event(), cupy.cuda.Event(), []
    for _ in range(repeats):
        begin.record()
        run()
        end.record()
        end.synchronize()
        found.append(cupy.cuda.get_elapsed_time(begin, end) / 1e3)
    return found


def peak(xp, sizes: Sizes) -> Iterator[Row]:
    """Multiply-adds a second of a kernel that does nothing else, two floating-point operations each."""
    for dtype in REALS:
        yield Row("time", f"peak, {dtype}", "rate", measured_peak(xp, sizes, dtype), "TFLOP/s")


def measured_peak(xp, sizes: Sizes, dtype: str) -> float:
    """TFLOP/s."""
    import cupy

    blocks = BLOCKS_EACH * cupy.cuda.runtime.getDeviceProperties(0)["multiProcessorCount"]
    macros = {"REAL": REALS[dtype], **PEAK}
    options = ("--std=c++17", *(f"-D{name}={value}" for name, value in macros.items()))
    code = Path(__file__).with_name("peak.cu").read_text(encoding="utf-8")
    kernel = cupy.RawModule(code=code, options=options).get_function("multiply_adds")
    real, rounds = np.dtype(dtype).type, np.int32(ROUNDS if sizes.repeats > 2 else 1)
    threads = PEAK["THREADS"]
    out = xp.asarray(np.zeros(blocks * threads, dtype))
    times = seconds(lambda: kernel((blocks,), (threads,), (out, real(0.5), rounds)), sizes.repeats)
    operations = 2 * PEAK["CHAINS"] * PEAK["UNROLLED"] * int(rounds) * blocks * threads
    return operations / float(np.median(times)) / 1e12


def fused(xp, sizes: Sizes) -> Iterator[Row]:
    """The default size: the goals of time and of the share of the measured peak."""
    for dtype in REALS:
        times = fused_seconds(xp, sizes, np.dtype(dtype))
        work = sizes.networks * sizes.steps * 2 * multiply_adds(sizes.width, sizes.samples)
        rate = work / float(np.median(times)) / 1e12
        share = rate / measured_peak(xp, sizes, dtype)
        what = f"fused kernel, {dtype}, {_size(sizes)}"
        goal = {"at_most": GOAL_SECONDS} if dtype == "float64" else {}
        yield Row("time", what, "seconds", float(np.median(times)), "s", **goal)
        yield Row("time", what, "fastest", min(times), "s")
        yield Row("time", what, "slowest", max(times), "s")
        yield Row("time", what, "rate", rate, "TFLOP/s")
        goal = {"at_least": GOAL_SHARE} if dtype == "float64" else {}
        yield Row("time", what, "share of the measured peak", share, "", **goal)


def fused_seconds(xp, sizes: Sizes, dtype=np.float64) -> list[float]:
    """Each repeat goes on from where the one before stopped, so that no run works on a fixed point."""
    problem, W0 = batch(sizes.networks, sizes.samples, sizes.width)
    (P, slopes_sum), data = start(xp, problem, W0, dtype), system(moved(xp, problem, dtype))
    return seconds(
        lambda: fused_descent(P, slopes_sum, sizes.steps, descent=Descent(), **data), sizes.repeats
    )


def growth(xp, sizes: Sizes) -> Iterator[Row]:
    """Time against the number of networks, of neurons and of samples."""
    cases = [replace(sizes, networks=networks) for networks in sizes.growing_networks]
    cases += [replace(sizes, width=width) for width in sizes.growing_width]
    cases += [replace(sizes, samples=m, width=sizes.narrow) for m in sizes.growing_samples]
    for case in cases:
        value = float(np.median(fused_seconds(xp, case)))
        yield Row("time", f"fused kernel, float64, {_size(case)}", "seconds", value, "s")


def others(xp, sizes: Sizes) -> Iterator[Row]:
    """The same steps one CuPy call an operation, and NumPy on the CPU."""
    fast = float(np.median(fused_seconds(xp, sizes))) / sizes.steps
    problem, W0 = batch(sizes.networks, sizes.samples, sizes.width)
    (P, slopes_sum), data = start(xp, problem, W0), system(moved(xp, problem))
    times = seconds(lambda: plain_steps(P, slopes_sum, sizes.few, **data), sizes.repeats)
    slow = float(np.median(times)) / sizes.few
    what = f"one CuPy call an operation, {_size(sizes)}"
    yield Row("time", what, "seconds a step", slow, "s")
    yield Row("time", what, "ratio to the fused kernel", slow / fast, "")
    few = replace(sizes, networks=sizes.few)
    problem, W0 = batch(few.networks, few.samples, few.width)
    begun = time.perf_counter()
    train(problem, W0, Descent(steps=few.steps, minimum_margin=-np.inf))
    slow = (time.perf_counter() - begun) / few.steps * sizes.networks / few.networks
    what = f"NumPy's train on this machine's CPU, scaled from {few.networks} networks"
    yield Row("time", what, "seconds a step", slow, "s")
    yield Row("time", what, "ratio to the fused kernel", slow / fast, "")


def plain_steps(P, slopes_sum, steps: int, *, gram, y, u, has_kinks: bool) -> None:
    """Normalised descent of the exponential loss, in place."""
    xp, descent = namespace(P), Descent()
    signs, forces = y[..., None] * u, descent.step_size * gram
    for _ in range(steps):
        D = signs * xp.astype(P > 0, P.dtype) if has_kinks else signs
        slopes = descent.slopes(xp.sum(D * P, axis=-1))
        slopes_sum += slopes
        P += forces @ (slopes[..., None] * D)


def whole_training(xp, sizes: Sizes) -> Iterator[Row]:
    """``train`` with its checkpoints, from arrays on the GPU to trained weights there."""
    problem, W0 = batch(sizes.networks, sizes.samples, sizes.width)
    there, W = moved(xp, problem), xp.asarray(W0)
    descent = Descent(steps=sizes.steps, minimum_margin=-np.inf)
    times = seconds(lambda: train(there, W, descent), sizes.repeats)
    reason = obstacle(*start(xp, problem, W0))
    path = "fused kernel" if reason is None else f"generic step, for {reason}"
    what = f"train, {path}, {_size(sizes)}"
    yield Row("time", what, "seconds", float(np.median(times)), "s")


TIMES = (peak, fused, growth, others, whole_training)


def _size(sizes: Sizes) -> str:
    return f"{sizes.networks} networks, m = {sizes.samples}, n = {sizes.width}, {sizes.steps} steps"
