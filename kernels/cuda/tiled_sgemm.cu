// Kernel:     tiled_sgemm
// What:       C = A*B in float32, row-major; tiles of A and B in shared memory, 8x8 sums in the registers of a thread
// Tile:       128x128 of C a block, 8x8 a thread, 8 deep, two tiles in flight
// Chips:      every NVIDIA GPU from sm_50; plain FMA units, no tensor cores
// Operations: 2*m*n*k
// Launch:     grid (n/128, m/128) rounded up, block (16, 16)
//
// Unlike in the plain kernel every element read from memory is used 128 times, and every element read from shared
// memory 8 times. While one tile is multiplied, the next is already being read for the other half of the shared
// memory, so that one barrier per tile is enough.
//
// Any m, n and k are allowed: elements outside of a matrix are read as zero, which adds nothing, and never written.

constexpr int TILE = 128;  // rows and columns of C that a block computes
constexpr int DEPTH = 8;   // how far along k one tile of A or B reaches
constexpr int HALF = 64;   // a thread owns four rows in each half of the tile, and four columns likewise
constexpr int PAD = 4;     // keeps the columns written by neighbouring threads in different banks

// One stage of the pipeline. A lies transposed, so that the four rows a thread needs are one 16-byte read.
struct alignas(16) Stage {
    float a[DEPTH][TILE + PAD];
    float b[DEPTH][TILE];
};

// Read four neighbours in a row of a row-major matrix, zero outside. Rows of a multiple of four elements keep every
// group of four on a 16-byte boundary and wholly inside or outside.
__device__ __forceinline__ float4 load4(const float *__restrict__ matrix, int rows, int cols, int row, int col) {
    float4 four = {0.0f, 0.0f, 0.0f, 0.0f};
    if (row >= rows || col >= cols) return four;
    const float *at = matrix + (size_t)row * cols + col;
    if (cols % 4 == 0) return *reinterpret_cast<const float4 *>(at);
    four.x = at[0];
    if (col + 1 < cols) four.y = at[1];
    if (col + 2 < cols) four.z = at[2];
    if (col + 3 < cols) four.w = at[3];
    return four;
}

// Write four neighbours in a row as load4 reads them: what lies outside of the matrix is not written.
__device__ __forceinline__ void store4(float *__restrict__ matrix, int rows, int cols, int row, int col,
                                       const float *sums) {
    if (row >= rows || col >= cols) return;
    float *at = matrix + (size_t)row * cols + col;
    if (cols % 4 == 0) {
        *reinterpret_cast<float4 *>(at) = {sums[0], sums[1], sums[2], sums[3]};
        return;
    }
#pragma unroll
    for (int j = 0; j < 4; ++j)
        if (col + j < cols) at[j] = sums[j];
}

__device__ __forceinline__ void unpack(const float *shared, float *four) {
    const float4 v = *reinterpret_cast<const float4 *>(shared);
    four[0] = v.x;
    four[1] = v.y;
    four[2] = v.z;
    four[3] = v.w;
}

// Put this thread's four elements of A (one into each of four rows of the transposed tile) and of B into a stage.
__device__ __forceinline__ void fill(Stage &stage, int thread, float4 from_a, float4 from_b) {
    const int a_row = thread / 2, a_col = thread % 2 * 4;
    stage.a[a_col + 0][a_row] = from_a.x;
    stage.a[a_col + 1][a_row] = from_a.y;
    stage.a[a_col + 2][a_row] = from_a.z;
    stage.a[a_col + 3][a_row] = from_a.w;
    *reinterpret_cast<float4 *>(&stage.b[thread / 32][thread % 32 * 4]) = from_b;
}

// Multiply one stage into the 8x8 sums of this thread: DEPTH outer products of a column and a row.
__device__ __forceinline__ void multiply(const Stage &stage, int ty, int tx, float (&sums)[8][8]) {
#pragma unroll
    for (int d = 0; d < DEPTH; ++d) {
        float column[8], row[8];
        unpack(&stage.a[d][ty * 4], column);
        unpack(&stage.a[d][ty * 4 + HALF], column + 4);
        unpack(&stage.b[d][tx * 4], row);
        unpack(&stage.b[d][tx * 4 + HALF], row + 4);
#pragma unroll
        for (int i = 0; i < 8; ++i)
#pragma unroll
            for (int j = 0; j < 8; ++j) sums[i][j] += column[i] * row[j];
    }
}

extern "C" __global__ void __launch_bounds__(256, 2)
    tiled_sgemm(int m, int n, int k, const float *__restrict__ a, const float *__restrict__ b,
                float *__restrict__ c) {
    __shared__ Stage stages[2];
    const int tx = threadIdx.x, ty = threadIdx.y, thread = ty * 16 + tx;
    const int top = blockIdx.y * TILE, left = blockIdx.x * TILE;

    // What this thread carries: 4 of the 128x8 elements of A and 4 of the 8x128 elements of B.
    const int a_row = top + thread / 2, a_col = thread % 2 * 4;
    const int b_row = thread / 32, b_col = left + thread % 32 * 4;

    float sums[8][8] = {};
    fill(stages[0], thread, load4(a, m, k, a_row, a_col), load4(b, k, n, b_row, b_col));
    __syncthreads();

    int current = 0;
    for (int depth = DEPTH; depth < k; depth += DEPTH) {
        // Ask for the next tile first: memory delivers it while the current one is multiplied.
        const float4 next_a = load4(a, m, k, a_row, depth + a_col);
        const float4 next_b = load4(b, k, n, depth + b_row, b_col);
        multiply(stages[current], ty, tx, sums);
        current ^= 1;
        fill(stages[current], thread, next_a, next_b);
        __syncthreads();
    }
    multiply(stages[current], ty, tx, sums);

#pragma unroll
    for (int i = 0; i < 8; ++i) {
        const int row = top + (i < 4 ? ty * 4 + i : HALF + ty * 4 + i - 4);
        store4(c, m, n, row, left + tx * 4, &sums[i][0]);
        store4(c, m, n, row, left + tx * 4 + HALF, &sums[i][4]);
    }
}
