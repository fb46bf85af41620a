// Nothing but multiply-adds, in CHAINS enough to hide their latency: the rate that a kernel could reach.

extern "C" __global__ void multiply_adds(REAL *out, REAL factor, int rounds) {
    REAL x[CHAINS];
    for (int i = 0; i < CHAINS; ++i) x[i] = threadIdx.x + i;
    for (int round = 0; round < rounds; ++round) {
#pragma unroll
        for (int j = 0; j < UNROLLED; ++j) {
#pragma unroll
            for (int i = 0; i < CHAINS; ++i) x[i] = x[i] * factor + REAL(1);
        }
    }
    REAL sum = 0;
    for (int i = 0; i < CHAINS; ++i) sum += x[i];
    out[blockIdx.x * THREADS + threadIdx.x] = sum;  // or the compiler would drop it all
}
