// Just enough CUDA to run one kernel on one CPU thread, so that its arithmetic can be checked without a GPU.
//
// Every CUDA thread is a coroutine. They run one after another, each up to its next __syncthreads(), so that a
// missing barrier always shows: a thread then reads what its neighbours have not written yet. A block whose threads
// do not all meet at a barrier is an error. Written to be compiled with the address and undefined-behaviour
// sanitizers, which see every access outside of a matrix and every misaligned float4.

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <ucontext.h>
#include <vector>

#define __global__
#define __device__
#define __forceinline__ inline
#define __shared__ static
#define __launch_bounds__(...)

struct alignas(16) float4 {
    float x, y, z, w;
};

struct Dimensions {
    int x, y;
};

static Dimensions blockDim, blockIdx, threadIdx;
static ucontext_t scheduler;
static ucontext_t *running;

static void __syncthreads() { swapcontext(running, &scheduler); }

static void (*entry)();
static bool finished;

static void run_thread() {
    entry();
    finished = true;
}

struct Thread {
    ucontext_t context;
    std::vector<char> stack = std::vector<char>(1 << 16);

    Thread() {
        getcontext(&context);
        context.uc_stack.ss_sp = stack.data();
        context.uc_stack.ss_size = stack.size();
        context.uc_link = &scheduler;
        makecontext(&context, run_thread, 0);
    }
};

// Let every thread run to its next barrier or to its end; true when all have ended.
static bool run_to_barrier(std::vector<Thread> &threads) {
    std::size_t ended = 0;
    for (std::size_t i = 0; i < threads.size(); ++i) {
        threadIdx = {(int)i % blockDim.x, (int)i / blockDim.x};
        running = &threads[i].context;
        finished = false;
        swapcontext(&scheduler, running);
        ended += finished;
    }
    if (ended != 0 && ended != threads.size()) {
        std::fprintf(stderr, "a barrier was not met by all threads of block (%d, %d)\n", blockIdx.x, blockIdx.y);
        std::exit(1);
    }
    return ended == threads.size();
}

static void run_grid(Dimensions grid, void (*kernel)()) {
    entry = kernel;
    for (blockIdx.y = 0; blockIdx.y < grid.y; ++blockIdx.y)
        for (blockIdx.x = 0; blockIdx.x < grid.x; ++blockIdx.x) {
            std::vector<Thread> threads(blockDim.x * blockDim.y);
            while (!run_to_barrier(threads)) {
            }
        }
}
