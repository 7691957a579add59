// Kernel:     plain_sgemm
// What:       C = A*B in float32, row-major; one thread computes one element, nothing is reused but the caches
// Tile:       16x16 of C a block, 1x1 a thread, no shared memory
// Chips:      every NVIDIA GPU from sm_50
// Operations: 2*m*n*k
// Launch:     grid (n/16, m/16) rounded up, block (16, 16)
//
// The first kernel to read: the definition of a matrix product, one dot product per thread. It saves no memory
// traffic: every element of A is read n times and every element of B m times.

extern "C" __global__ void plain_sgemm(int m, int n, int k, const float *__restrict__ a, const float *__restrict__ b,
                                       float *__restrict__ c) {
    // x runs along a row of C, so that neighbouring threads read neighbouring elements of B.
    const int row = blockIdx.y * blockDim.y + threadIdx.y;
    const int col = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= m || col >= n) return;

    // size_t: m*k exceeds 2^31 long before memory is full.
    const float *a_row = a + (size_t)row * k;
    float sum = 0.0f;
    for (int i = 0; i < k; ++i) sum += a_row[i] * b[(size_t)i * n + col];
    c[(size_t)row * n + col] = sum;
}
