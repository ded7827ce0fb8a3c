// Kernels of the CUDA backend. Compiled at run time by NVRTC, without any header.
//
// Every kernel runs over a one-dimensional grid; threads past the end return.

typedef unsigned int u32;
typedef unsigned long long u64;

__device__ u64 thread_number() { return (u64)blockIdx.x * blockDim.x + threadIdx.x; }

__device__ u32 rotate(u32 word, int by) { return (word << by) | (word >> (32 - by)); }

__device__ void quarter(u32 *s, int a, int b, int c, int d) {
    s[a] += s[b]; s[d] = rotate(s[d] ^ s[a], 16);
    s[c] += s[d]; s[b] = rotate(s[b] ^ s[c], 12);
    s[a] += s[b]; s[d] = rotate(s[d] ^ s[a], 8);
    s[c] += s[d]; s[b] = rotate(s[b] ^ s[c], 7);
}

// Entries of a word of keystream, lowest byte first: each as a signed number, shifted right.
__device__ u32 entries_of(u32 word, u32 shift) {
    u32 packed = 0;
    for (int byte = 0; byte < 4; byte++) {
        int value = (int)(signed char)((word >> (8 * byte)) & 0xffu);
        packed |= ((u32)(value >> shift) & 0xffu) << (8 * byte);
    }
    return packed;
}

// One thread computes one ChaCha8 block of one row. `start` holds the 16 words of the state of row
// 0, block 0; word 12 counts blocks, word 13 rows. `stride` is a multiple of 16, so that whole words
// are aligned; entries from `length` on stay zero.
extern "C" __global__ void chacha8_rows(
    signed char *out, const u32 *start, u32 first_row, u32 rows, u32 blocks, u32 length, u32 stride,
    u32 shift) {
    u64 thread = thread_number();
    if (thread >= (u64)rows * blocks) return;
    u32 row = (u32)(thread / blocks);
    u32 block = (u32)(thread % blocks);
    u32 initial[16], mixed[16];
    for (int word = 0; word < 16; word++) {
        u32 value = start[word];
        if (word == 12) value += block;
        if (word == 13) value += first_row + row;
        initial[word] = value;
        mixed[word] = value;
    }
    for (int round = 0; round < 4; round++) {
        quarter(mixed, 0, 4, 8, 12);
        quarter(mixed, 1, 5, 9, 13);
        quarter(mixed, 2, 6, 10, 14);
        quarter(mixed, 3, 7, 11, 15);
        quarter(mixed, 0, 5, 10, 15);
        quarter(mixed, 1, 6, 11, 12);
        quarter(mixed, 2, 7, 8, 13);
        quarter(mixed, 3, 4, 9, 14);
    }
    signed char *target = out + (u64)row * stride + (u64)block * 64;
    u32 left = length - block * 64;
    for (u32 word = 0; word < 16; word++) {
        u32 packed = entries_of(mixed[word] + initial[word], shift);
        if (word * 4 + 4 <= left) {
            ((u32 *)target)[word] = packed;
            continue;
        }
        for (u32 byte = word * 4; byte < left; byte++)
            target[byte] = (signed char)((packed >> (8 * (byte % 4))) & 0xffu);
    }
}

// int8 to FP16. Every integer up to 2,048 is exact in FP16.
extern "C" __global__ void widen(unsigned short *out, const signed char *in, u64 count) {
    u64 thread = thread_number();
    if (thread >= count) return;
    float value = (float)in[thread];
    unsigned short half;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half) : "f"(value));
    out[thread] = half;
}

// Adds a part of a product, computed in FP32, to the integer result. Parts are integers of at most
// 2^24, so that the conversion is exact.
extern "C" __global__ void accumulate(int *out, const float *part, u64 count, u32 is_first) {
    u64 thread = thread_number();
    if (thread >= count) return;
    int value = __float2int_rn(part[thread]);
    out[thread] = is_first ? value : out[thread] + value;
}
