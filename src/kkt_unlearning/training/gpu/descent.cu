// Gradient descent in span coordinates, many steps in one launch: one block advances one network.
//
//     q_i = y_i Σ_j u_j A_ji P_ji,           A_ji = 1[P_ji > 0],
//     P_jk ← P_jk + u_j Σ_i A_ji M_ik,       M_ik = h_i η G_ik,
//     h_i = −ℓ'(q_i) y_i, over Σ_i ℓ(q_i) if NORMALISED.
//
// A thread keeps the pre-activations of ROWS neurons in registers from the first step to the last.
// A step reads and writes shared memory only, and has two barriers; every warp works out all slopes
// for itself, which saves a third. All sums have a fixed order, so that a run can be repeated to
// the last bit.
//
// Compiled anew for each size. Macros: REAL (double or float), SAMPLES (m ≤ 32: one lane of a warp
// each), ROWS, THREADS (a multiple of 32), BLOCKS (to be resident on a multiprocessor, which bounds
// the registers), and KINKS, LOGISTIC and NORMALISED (0 or 1).

constexpr int WARP = 32, WARPS = THREADS / WARP;
constexpr unsigned ALL = 0xffffffffu;
constexpr int VECTOR = 16 / sizeof(REAL);  // numbers in one 16-byte access
constexpr int VECTORS = (SAMPLES + VECTOR - 1) / VECTOR;  // in a row of M
constexpr REAL LARGE_MARGIN = 35;  // as in losses.py

struct alignas(16) Vector {
    REAL entry[VECTOR];
};

__device__ constexpr int power_of_two_from(int count) {
    int power = 1;
    while (power < count) power *= 2;
    return power;
}

// Lanes GROUP apart hold the same sample, so that a reduction over GROUP lanes reaches every lane.
constexpr int GROUP = power_of_two_from(SAMPLES);

// Adds COUNT sums over the lanes of a warp: each half of the lanes takes over half of the sums, and
// so on. This needs about m exchanges where a butterfly for each sum would need 5 m.
template <int COUNT, int OFFSET>
__device__ __forceinline__ void share_sums(REAL (&sums)[SAMPLES], int lane) {
    if constexpr (OFFSET > 0) {
        constexpr int HALF = (COUNT + 1) / 2;
        const bool upper = COUNT > 1 && (lane & OFFSET);
#pragma unroll
        for (int i = 0; i < HALF; ++i) {
            const REAL second = COUNT == 1 ? sums[i] : i + HALF < COUNT ? sums[i + HALF] : REAL(0);
            const REAL kept = upper ? second : sums[i], sent = upper ? sums[i] : second;
            sums[i] = kept + __shfl_xor_sync(ALL, sent, OFFSET);
        }
        share_sums<HALF, OFFSET / 2>(sums, lane);
    }
}

// The sample whose sum share_sums leaves in a lane; −1 where none, or a lower lane has it as well.
__device__ int owned_sample(int lane) {
    int first = 0, end = SAMPLES, count = SAMPLES;
    for (int offset = WARP / 2; offset > 0; offset /= 2) {
        const int half = (count + 1) / 2, middle = first + half;
        if (count == 1 && (lane & offset)) return -1;
        if (count > 1 && (lane & offset))
            first = middle;
        else if (middle < end)
            end = middle;
        count = half;
    }
    return first < end ? first : -1;
}

// x > 0, read off the bits by the integer units: a step waits for the floating-point units. A nan
// with sign + counts as positive, which makes no difference: all that it touches is nan anyway.
__device__ __forceinline__ bool positive(double x) { return __double_as_longlong(x) > 0; }
__device__ __forceinline__ bool positive(float x) { return __float_as_int(x) > 0; }

// log(1 + e^x) without overflow.
__device__ __forceinline__ REAL softplus(REAL x) {
    return fmax(x, REAL(0)) + log1p(exp(-fabs(x)));
}

// −ℓ'(q), over Σ ℓ(q) if NORMALISED, in the log domain as in losses.py. Each lane brings the margin
// of one sample.
__device__ __forceinline__ REAL loss_slope(REAL margin, REAL excluded) {
    REAL log_slope = -margin, log_value = -margin;
    if (LOGISTIC) {
        log_slope = -softplus(margin);
        if (!(margin > LARGE_MARGIN)) log_value = log(softplus(-margin));
    }
    log_slope += excluded;
    log_value += excluded;
    if (!NORMALISED) return exp(log_slope);
    REAL top = log_value;
#pragma unroll
    for (int offset = GROUP / 2; offset > 0; offset /= 2)
        top = fmax(top, __shfl_xor_sync(ALL, top, offset));
    REAL total = exp(log_value - top);
#pragma unroll
    for (int offset = GROUP / 2; offset > 0; offset /= 2)
        total += __shfl_xor_sync(ALL, total, offset);
    return exp(log_slope - top) / total;
}

// P (B, m, n), G (B, m, m), y (B, m), excluded (B, m) of 0 or −∞, u (n). Advances P, and adds
// Σ_t −ℓ'(q_i(t)), over the loss if NORMALISED, to slopes_sum (B, m), both in place.
// Grid: B blocks of THREADS ≥ n / ROWS threads.
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)
    fused_descent(REAL *P, const REAL *gram, const REAL *y, const REAL *excluded, const REAL *u,
                  REAL *slopes_sum, REAL step_size, int neurons, int steps) {
    __shared__ REAL eta_gram[SAMPLES * SAMPLES];
    __shared__ REAL warp_sums[WARPS][SAMPLES];
    __shared__ Vector M[SAMPLES][VECTORS];

    const int thread = threadIdx.x, lane = thread % WARP, warp = thread / WARP;
    const long long network = blockIdx.x;
    REAL *const own = P + network * SAMPLES * neurons;
    REAL state[ROWS][SAMPLES], weight[ROWS];
    unsigned active[ROWS];
#pragma unroll
    for (int r = 0; r < ROWS; ++r) {
        const int neuron = r * THREADS + thread;
        const bool exists = neuron < neurons;  // the others have u = 0 and stay 0
        weight[r] = exists ? u[neuron] : REAL(0);
#pragma unroll
        for (int k = 0; k < SAMPLES; ++k)
            state[r][k] = exists ? own[(long long)k * neurons + neuron] : REAL(0);
    }
    for (int i = thread; i < SAMPLES * SAMPLES; i += THREADS)
        eta_gram[i] = step_size * gram[network * SAMPLES * SAMPLES + i];

    const int owned = owned_sample(lane), sample = lane % GROUP;
    const bool real = sample < SAMPLES;
    const REAL label = real ? y[network * SAMPLES + sample] : REAL(0);
    const REAL exclusion = real ? excluded[network * SAMPLES + sample] : -REAL(1) / REAL(0);
    REAL accumulated = 0;

    for (int step = 0; step < steps; ++step) {
        REAL sums[SAMPLES] = {};
#pragma unroll
        for (int r = 0; r < ROWS; ++r) {
            active[r] = 0;
#pragma unroll
            for (int k = 0; k < SAMPLES; ++k)
                active[r] |= unsigned(!KINKS || positive(state[r][k])) << k;
            asm volatile("" : "+r"(active[r]));  // or the compiler makes every comparison twice
#pragma unroll
            for (int k = 0; k < SAMPLES; ++k)  // 0 · nan is nan, as in NumPy
                sums[k] += (active[r] >> k & 1 ? weight[r] : REAL(0)) * state[r][k];
        }
        share_sums<SAMPLES, WARP / 2>(sums, lane);
        if (owned >= 0) warp_sums[warp][owned] = sums[0];
        __syncthreads();

        REAL output = 0;
#pragma unroll
        for (int w = 0; w < WARPS; ++w) output += warp_sums[w][real ? sample : 0];
        const REAL slope = loss_slope(real ? label * output : REAL(0), exclusion);
        accumulated += slope;
        const REAL h = slope * label;
        for (int first = 0; first < SAMPLES * SAMPLES; first += THREADS) {
            const int entry = first + thread, i = entry / SAMPLES, k = entry % SAMPLES;
            const REAL h_i = __shfl_sync(ALL, h, i);
            if (i < SAMPLES) M[i][k / VECTOR].entry[k % VECTOR] = h_i * eta_gram[entry];
        }
        __syncthreads();

#pragma unroll 1  // unrolled, it would load all of M before it is used, and spill the state
        for (int i = 0; i < SAMPLES; ++i) {
            REAL pull[ROWS];
#pragma unroll
            for (int r = 0; r < ROWS; ++r) pull[r] = active[r] >> i & 1 ? weight[r] : REAL(0);
#pragma unroll
            for (int part = 0; part < VECTORS; ++part) {
                const Vector values = M[i][part];
#pragma unroll
                for (int k = part * VECTOR; k < SAMPLES && k < (part + 1) * VECTOR; ++k)
#pragma unroll
                    for (int r = 0; r < ROWS; ++r)
                        state[r][k] += pull[r] * values.entry[k % VECTOR];
            }
        }
    }

#pragma unroll
    for (int r = 0; r < ROWS; ++r) {
        const int neuron = r * THREADS + thread;
        if (neuron < neurons)
#pragma unroll
            for (int k = 0; k < SAMPLES; ++k) own[(long long)k * neurons + neuron] = state[r][k];
    }
    if (thread < SAMPLES) slopes_sum[network * SAMPLES + thread] += accumulated;
}
