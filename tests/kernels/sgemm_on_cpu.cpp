// Runs the kernel KERNEL of the file SOURCE: m n k, grid x y and block x y as arguments, A and B on stdin, C on stdout.

#include "cuda_on_cpu.h"

#include SOURCE

static int m, n, k;
static std::vector<float> a, b, c;

static void kernel() { KERNEL(m, n, k, a.data(), b.data(), c.data()); }

static std::vector<float> read_matrix(int rows, int cols) {
    std::vector<float> matrix((std::size_t)rows * cols);
    if (std::fread(matrix.data(), sizeof(float), matrix.size(), stdin) != matrix.size()) std::exit(2);
    return matrix;
}

int main(int, char **argv) {
    m = std::atoi(argv[1]), n = std::atoi(argv[2]), k = std::atoi(argv[3]);
    a = read_matrix(m, k);
    b = read_matrix(k, n);
    c = std::vector<float>((std::size_t)m * n, 1e30f);  // an element nobody writes is conspicuous
    blockDim = {std::atoi(argv[6]), std::atoi(argv[7])};
    run_grid({std::atoi(argv[4]), std::atoi(argv[5])}, kernel);
    std::fwrite(c.data(), sizeof(float), c.size(), stdout);
}
