/* Draws one frame of one or two layers straight into the planes of a picture (YUV 4:2:0, 8 bits).
 *
 * A frame is a mesh whose nodes stand in the middle of 16x16 cells and say where each looks in a layer; between four
 * nodes the way is linear, so a tile needs its corners only. Samples are bilinear in whole numbers: 7 bits of fraction
 * and steps of 1/2048 pixel, the same arithmetic in every variant, so that all machines draw the same bytes.
 *
 * Layers come with PAD pixels around them that repeat their rim (or, for a subject, hold nothing); what lies further
 * out is clamped to them. One spare row below lets wide loads run over the end of the last row.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CELL 16
#define PAD 16
#define BLOCK 16      /* source pixels a block of `status` stands for */
#define TRANSPARENT 1 /* bits of `status`: some of the block lets the background through */
#define OPAQUE 2      /* some of it does not */
#define STRIP 128     /* tiles that are set up at a time */

#define INLINE static inline __attribute__((always_inline))
#define JOIN(a, b) a##b
#define JOINED(a, b) JOIN(a, b)

typedef struct {
    const uint8_t *y, *u, *v;
    const uint8_t *through_y, *through_uv; /* a subject alone: 255 = the background shows */
    const uint8_t *status;                 /* a subject alone: one byte a block */
    const float *points;                   /* (nodes_y, nodes_x, 2), on the scaled picture */
    float origin_x, origin_y, fine_x, fine_y;
    int32_t stride_y, stride_uv, width, height; /* strides in bytes; the size without padding, luma */
    int32_t blocks_x, blocks_y;
} Layer;

typedef struct {
    uint8_t *y, *u, *v;
    int32_t stride_y, stride_uv, width, height;
} Picture;

/* Four numbers at a time, on any machine. */
typedef float Four __attribute__((vector_size(16)));
typedef int32_t Whole __attribute__((vector_size(16)));

/* Where neighbours look, in 16.16 pixels of a padded plane: the k-th at x + k dx, y + k dy. */
typedef struct {
    int32_t x, y, dx, dy;
} Way;

/* A tile's way through one plane, line by line: where its next line begins, and how that changes with each line. */
typedef struct {
    Whole way, change; /* x, y, dx, dy */
} Walk;

/* What of a layer is drawn at once: sixteen neighbours of luma, or twice the same eight in both planes of chroma. */
typedef struct {
    const uint8_t *near, *far, *through; /* of the first eight, of the others; null without a layer */
    int32_t stride, limit_x, limit_y;    /* limits: the last pixel with a right and a lower neighbour, 16.16 */
} Sight;

/* Where on the picture the same sixteen go. */
typedef struct {
    uint8_t *near, *far;
    int x, far_x, width;
} Place;

/* What a layer shows of neighbouring tiles, 16 lines high. */
typedef struct {
    Walk luma[STRIP], chroma[STRIP];
    uint8_t steady[STRIP]; /* all of it lies inside and goes evenly: the quick way is safe */
} Track;

typedef struct {
    int tiles, left, top;
    uint8_t seen[STRIP];
    Track behind, subject;
} Strip;

INLINE Sight luma_of(const Layer *layer) {
    if (!layer)
        return (Sight){0};
    return (Sight){layer->y, layer->y, layer->through_y, layer->stride_y, (layer->width + 2 * PAD - 2) * 65536,
                   (layer->height + 2 * PAD - 2) * 65536};
}

INLINE Sight chroma_of(const Layer *layer) {
    if (!layer)
        return (Sight){0};
    return (Sight){layer->u, layer->v, layer->through_uv, layer->stride_uv, (layer->width / 2 + 2 * PAD - 2) * 65536,
                   (layer->height / 2 + 2 * PAD - 2) * 65536};
}

/* Return the way along this line, in whole steps of 1/2048 pixel, and go one down. */
INLINE Way walk(Walk *at) {
    const Whole near = at->way & ~31;
    const Way way = {near[0], near[1], (at->way[2] + 16) & ~31, (at->way[3] + 16) & ~31};
    at->way += at->change;
    return way;
}

typedef struct {
    float x[4], y[4]; /* corners in luma pixels: left upper, right upper, left lower, right lower */
    float left, top, right, bottom;
} Corners;

INLINE float least(float a, float b) { return a < b ? a : b; }
INLINE float most(float a, float b) { return a > b ? a : b; }

static inline Corners corners_of(const Layer *layer, int nodes_x, int tx, int ty) {
    Corners c;
    for (int n = 0; n < 4; n++) {
        const float *point = layer->points + 2 * ((size_t)(ty + (n >> 1)) * nodes_x + tx + (n & 1));
        /* Far out everything is the same; without a bound the whole numbers would overflow. */
        c.x[n] = least(most((point[0] - layer->origin_x) * layer->fine_x, -8000), 24000);
        c.y[n] = least(most((point[1] - layer->origin_y) * layer->fine_y, -8000), 24000);
    }
    c.left = least(least(c.x[0], c.x[1]), least(c.x[2], c.x[3]));
    c.top = least(least(c.y[0], c.y[1]), least(c.y[2], c.y[3]));
    c.right = most(most(c.x[0], c.x[1]), most(c.x[2], c.x[3]));
    c.bottom = most(most(c.y[0], c.y[1]), most(c.y[2], c.y[3]));
    return c;
}

/* `shrink` is 1 for luma and 2 for chroma. */
INLINE Walk walk_of(const Corners *c, int shrink) {
    const float scale = 65536.0f / shrink, step = (float)shrink / CELL, first = 0.5f * step;
    /* Half of the last bit of fraction that is kept, so that cutting the rest off rounds. */
    const float begin = (PAD - 0.5f) * 65536.0f + (1 << 8);
    const Four across = {c->x[1] - c->x[0], c->y[1] - c->y[0]}, down = {c->x[2] - c->x[0], c->y[2] - c->y[0]};
    const Four twist = (Four){c->x[3] - c->x[2], c->y[3] - c->y[2]} - across;
    const Four along = (across + first * twist) * step, below = (down + first * twist) * step;
    const Four start = (Four){c->x[0], c->y[0]} + first * (across + down + first * twist);
    const Four turn = twist * (step * step);
    const Four way = (Four){start[0], start[1], along[0], along[1]} * scale + (Four){begin, begin, 0, 0};
    const Four change = (Four){below[0], below[1], turn[0], turn[1]} * scale;
    return (Walk){__builtin_convertvector(way, Whole), __builtin_convertvector(change, Whole)};
}

/* Say whether eight neighbours always lie within 16 pixels of a row and within few rows, none of them far outside. */
INLINE int is_steady(const Layer *layer, const Corners *c) {
    const float rim = PAD - 2, wide = 1.6f * CELL, steep = 0.25f * CELL;
    const float above = c->x[1] - c->x[0], below = c->x[3] - c->x[2];
    const float left = c->y[1] - c->y[0], right = c->y[3] - c->y[2];
    return c->left >= -rim && c->top >= -rim && c->right <= layer->width + rim && c->bottom <= layer->height + rim &&
           least(above, below) >= 0 && most(above, below) <= wide && least(left, right) >= -steep &&
           most(left, right) <= steep;
}

INLINE void set_track(Track *track, int n, const Layer *layer, const Corners *corners) {
    track->luma[n] = walk_of(corners, 1);
    track->chroma[n] = walk_of(corners, 2);
    track->steady[n] = (uint8_t)is_steady(layer, corners);
}

/* What a tile sees of the subject: TRANSPARENT and OPAQUE bits of all blocks it may touch. */
static inline int status_of(const Layer *layer, const Corners *c) {
    if (c->right < -2 || c->bottom < -2 || c->left > layer->width + 2 || c->top > layer->height + 2)
        return TRANSPARENT;
    int seen = 0;
    if (c->left < 0 || c->top < 0 || c->right > layer->width || c->bottom > layer->height)
        seen = TRANSPARENT;
    int x0 = c->left < 0 ? 0 : (int)c->left / BLOCK, x1 = c->right < 0 ? 0 : (int)c->right / BLOCK;
    int y0 = c->top < 0 ? 0 : (int)c->top / BLOCK, y1 = c->bottom < 0 ? 0 : (int)c->bottom / BLOCK;
    x1 = x1 < layer->blocks_x ? x1 : layer->blocks_x - 1;
    y1 = y1 < layer->blocks_y ? y1 : layer->blocks_y - 1;
    for (int y = y0; y <= y1; y++)
        for (int x = x0; x <= x1; x++)
            seen |= layer->status[(size_t)y * layer->blocks_x + x];
    return seen;
}

/* Begin with tile tx of row ty. The first tiles lie half outside: nodes stand in the middle of cells. */
static void set_strip(Strip *strip, const Layer *behind, const Layer *subject, int nodes_x, int tx, int ty) {
    strip->tiles = nodes_x - 1 - tx < STRIP ? nodes_x - 1 - tx : STRIP;
    strip->left = tx * CELL - CELL / 2;
    strip->top = ty * CELL - CELL / 2;
    for (int n = 0; n < strip->tiles; n++) {
        strip->seen[n] = TRANSPARENT;
        if (subject) {
            const Corners corners = corners_of(subject, nodes_x, tx + n, ty);
            strip->seen[n] = (uint8_t)status_of(subject, &corners);
            if (strip->seen[n] & OPAQUE)
                set_track(&strip->subject, n, subject, &corners);
        }
        if (strip->seen[n] != OPAQUE) {
            const Corners corners = corners_of(behind, nodes_x, tx + n, ty);
            set_track(&strip->behind, n, behind, &corners);
        }
    }
}

/* Write those of 8 bytes that lie on the row, which is `width` long; the first belongs at x. */
INLINE void put(uint8_t *row, int x, int width, const uint8_t *bytes) {
    for (int k = 0; k < 8; k++)
        if (x + k >= 0 && x + k < width)
            row[x + k] = bytes[k];
}

/* Pixels are taken from -128 on, as a wide machine multiplies them. */
INLINE int32_t across_at(const uint8_t *at, int32_t fx) { return (at[0] - 128) * (128 - fx) + (at[1] - 128) * fx; }

INLINE int32_t pixel_at(const uint8_t *at, int stride, int32_t fx, int32_t fy) {
    const int32_t upper = across_at(at, fx), lower = across_at(at + stride, fx);
    return ((upper + (((lower - upper) * fy + 64) >> 7) + 64) >> 7) + 128;
}

INLINE int32_t clamped(int32_t value, int32_t limit) { return value < 0 ? 0 : value > limit ? limit : value; }

/* Plain C, for any machine and any way. `seen`: which layers. `different`: how many of the sixteen look elsewhere. */
static __attribute__((noinline)) void draw_sixteen(const Place *to, int seen, const Sight *behind, Way way,
                                                   const Sight *subject, Way own_way, int different) {
    uint8_t bytes[16];
    for (int k = 0; k < 16; k++) {
        const int step = k & (different - 1);
        int32_t value = 255;
        if (seen & TRANSPARENT) {
            const int32_t x = clamped(way.x + step * way.dx, behind->limit_x);
            const int32_t y = clamped(way.y + step * way.dy, behind->limit_y);
            const ptrdiff_t at = (ptrdiff_t)(y >> 16) * behind->stride + (x >> 16);
            value = pixel_at((k < 8 ? behind->near : behind->far) + at, behind->stride, (x >> 9) & 127, (y >> 9) & 127);
        }
        if (seen & OPAQUE) {
            const int32_t x = clamped(own_way.x + step * own_way.dx, subject->limit_x), fx = (x >> 9) & 127;
            const int32_t y = clamped(own_way.y + step * own_way.dy, subject->limit_y), fy = (y >> 9) & 127;
            const ptrdiff_t at = (ptrdiff_t)(y >> 16) * subject->stride + (x >> 16);
            int32_t product = 0;
            if (seen & TRANSPARENT)
                product = value * pixel_at(subject->through + at, subject->stride, fx, fy) + 128;
            value = ((product + (product >> 8)) >> 8) +
                    pixel_at((k < 8 ? subject->near : subject->far) + at, subject->stride, fx, fy);
        }
        bytes[k] = (uint8_t)(value > 255 ? 255 : value);
    }
    put(to->near, to->x, to->width, bytes);
    put(to->far, to->far_x, to->width, bytes + 8);
}

typedef char Nothing;

INLINE Nothing plain_numbers(void) { return 0; }

INLINE void plain_sixteen(const Place *to, int seen, int steady, const Sight *behind, const Way *way,
                          const Sight *subject, const Way *own_way, int different, const Nothing *is) {
    (void)steady;
    (void)is;
    draw_sixteen(to, seen, behind, *way, subject, *own_way, different);
}

#define DRAW draw_plain
#define TARGET
#define NUMBERS Nothing
#define numbers plain_numbers
#define sixteen plain_sixteen
#include "frame.inc"

/* Where the camera stands, and the depth of what it looks at: (rows, columns) float32 over the whole scaled picture. */
typedef struct {
    const float *disparity;
    int32_t rows, columns; /* two at least */
    float fit_x, fit_y;    /* cells of the map per pixel of the scaled picture */
    float cosine, sine, zoom, center_x, center_y, side_x, side_y, forward;
} Pose;

static inline float disparity_at(const Pose *pose, float x, float y) {
    const float column = least(most(x * pose->fit_x - 0.5f, 0), (float)(pose->columns - 1));
    const float row = least(most(y * pose->fit_y - 0.5f, 0), (float)(pose->rows - 1));
    const int left = (int)least(column, (float)(pose->columns - 2)), top = (int)least(row, (float)(pose->rows - 2));
    const float *upper = pose->disparity + (size_t)top * pose->columns + left, *lower = upper + pose->columns;
    const float u = column - left, v = row - top;
    return (upper[0] * (1 - u) + upper[1] * u) * (1 - v) + (lower[0] * (1 - u) + lower[1] * u) * v;
}

/* Say where nodes look, from the n-th on: each round uses the disparity where the last one ended. */
static void solve_plain(const Pose *pose, const float *nodes, int n, int count, int rounds, float *points) {
    const float near = 1 / pose->zoom, cosine = pose->cosine * near, sine = pose->sine * near;
    for (; n < count; n++) {
        const float x = nodes[2 * n] * cosine - nodes[2 * n + 1] * sine;
        const float y = nodes[2 * n] * sine + nodes[2 * n + 1] * cosine;
        float at_x = pose->center_x + x, at_y = pose->center_y + y;
        for (int round = 0; round < rounds; round++) {
            const float d = disparity_at(pose, at_x, at_y);
            at_x = (pose->center_x + x * (1 - pose->forward * d)) + pose->side_x * d;
            at_y = (pose->center_y + y * (1 - pose->forward * d)) + pose->side_y * d;
        }
        points[2 * n] = at_x;
        points[2 * n + 1] = at_y;
    }
}

#if defined(__x86_64__) && defined(__GNUC__)
#define HAS_AVX2 1
#include "avx2.inc"
#define DRAW draw_avx2
#define TARGET AVX2
#define NUMBERS Steady
#define numbers wide_numbers
#define sixteen wide_sixteen
#include "frame.inc"
#endif

#ifndef SEEDBED_SOURCES
#define SEEDBED_SOURCES 0
#endif

/* A number of the sources this was compiled from. */
int seedbed_sources(void) { return SEEDBED_SOURCES; }

/* Which variants this machine can run: 1 = plain C alone, 2 = AVX2 too. */
int seedbed_best_variant(void) {
#ifdef HAS_AVX2
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") ? 2 : 1;
#else
    return 1;
#endif
}

/* Solve one layer's mesh: for `count` nodes (x, y from the middle of the frame) the points they look at. */
void seedbed_solve(int variant, const Pose *pose, const float *nodes, int count, int rounds, float *points) {
    int done = 0;
#ifdef HAS_AVX2
    if (variant >= 2)
        done = solve_avx2(pose, nodes, count, rounds, points);
#endif
    (void)variant;
    solve_plain(pose, nodes, done, count, rounds, points);
}

/* Draw `behind`, and `subject` over it unless it is null. `nodes_x`, `nodes_y`: of the meshes, with the ring outside. */
void seedbed_draw(int variant, const Picture *out, const Layer *behind, const Layer *subject, int nodes_x, int nodes_y) {
#ifdef HAS_AVX2
    if (variant >= 2) {
        draw_avx2(out, behind, subject, nodes_x, nodes_y);
        return;
    }
#endif
    (void)variant;
    draw_plain(out, behind, subject, nodes_x, nodes_y);
}
