// Runs the source of a CUDA kernel on the CPU: one fibre a GPU thread, all on one real thread.
//
// Blocks run one after another, so __shared__ is static. A barrier or warp shuffle that not all threads
// concerned reach is found, where a GPU would hang; and as the fibres can be run in either order, so is a
// missing barrier, by results that depend on the order. What differs from a GPU: products and sums are
// rounded apart (no fused multiply-add), and exp and log are the C library's.
#include <math.h>
#include <string.h>
#include <ucontext.h>

#include <utility>

#define __global__
#define __device__
#define __forceinline__ inline
#define __shared__ static
#define __launch_bounds__(...)

namespace emulator {

constexpr int WARP = 32, THREADS_MOST = 1024, STACK = 1 << 17;

struct Index {
    int x;
};
struct Barrier {
    int size, arrived, phase;
};
struct Fibre {
    ucontext_t context;
    bool done;
};
struct Exchange {
    Barrier barrier;
    double slots[WARP];
};

struct Launch {
    void (*call)(void (*kernel)(), void **arguments);
    void (*kernel)();
    void **arguments;
};

inline Index thread, block;
inline Launch launched;
inline Fibre fibres[THREADS_MOST];
inline char stacks[THREADS_MOST][STACK];
inline Exchange warps[THREADS_MOST / WARP];
inline Barrier whole_block;
inline ucontext_t scheduler;
inline bool progress;

inline void wait(Barrier &barrier) {
    const int phase = barrier.phase;
    progress = true;
    if (++barrier.arrived == barrier.size) {
        barrier.arrived = 0;
        ++barrier.phase;
    }
    while (barrier.phase == phase) swapcontext(&fibres[thread.x].context, &scheduler);
}

template <class Value>
Value exchange(Value value, int from) {
    Exchange &warp = warps[thread.x / WARP];
    memcpy(&warp.slots[thread.x % WARP], &value, sizeof value);
    wait(warp.barrier);
    memcpy(&value, &warp.slots[from % WARP], sizeof value);
    wait(warp.barrier);  // before the slots are written again
    return value;
}

inline void enter() {
    launched.call(launched.kernel, launched.arguments);
    fibres[thread.x].done = progress = true;
    swapcontext(&fibres[thread.x].context, &scheduler);
}

inline void start(int i) {
    fibres[i].done = false;
    getcontext(&fibres[i].context);
    fibres[i].context.uc_stack.ss_sp = stacks[i];
    fibres[i].context.uc_stack.ss_size = STACK;
    makecontext(&fibres[i].context, enter, 0);
}

// False where the threads wait for one another for ever.
inline bool run_block(int threads, bool backwards) {
    for (int i = 0; i < threads; ++i) start(i);
    for (int i = 0; i < threads / WARP; ++i) warps[i].barrier = {WARP, 0, 0};
    whole_block = {threads, 0, 0};
    for (int left = threads; left > 0;) {
        progress = false;
        for (int i = 0; i < threads; ++i) {
            Fibre &fibre = fibres[thread.x = backwards ? threads - 1 - i : i];
            if (fibre.done) continue;
            swapcontext(&scheduler, &fibre.context);
            left -= fibre.done;
        }
        if (!progress) return false;
    }
    return true;
}

template <class... Parameter, size_t... I>
void spread(void (*kernel)(Parameter...), void **arguments, std::index_sequence<I...>) {
    kernel(*static_cast<Parameter *>(arguments[I])...);
}

template <class... Parameter>
void call(void (*kernel)(), void **arguments) {
    using Kernel = void (*)(Parameter...);
    spread(reinterpret_cast<Kernel>(kernel), arguments, std::index_sequence_for<Parameter...>());
}

template <class... Parameter>
bool run(void (*kernel)(Parameter...), int blocks, int threads, bool backwards, void **arguments) {
    launched = {call<Parameter...>, reinterpret_cast<void (*)()>(kernel), arguments};
    for (block.x = 0; block.x < blocks; ++block.x)
        if (!run_block(threads, backwards)) return false;
    return true;
}

}  // namespace emulator

#define threadIdx emulator::thread
#define blockIdx emulator::block

inline void __syncthreads() { emulator::wait(emulator::whole_block); }

template <class Value>
Value __shfl_sync(unsigned, Value value, int lane) {
    return emulator::exchange(value, lane);
}

template <class Value>
Value __shfl_xor_sync(unsigned, Value value, int offset) {
    return emulator::exchange(value, emulator::thread.x % emulator::WARP ^ offset);
}

inline long long __double_as_longlong(double x) {
    long long bits;
    memcpy(&bits, &x, sizeof x);
    return bits;
}

inline int __float_as_int(float x) {
    int bits;
    memcpy(&bits, &x, sizeof x);
    return bits;
}
