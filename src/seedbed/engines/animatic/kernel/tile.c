/* Draws one frame of one or two layers straight into the planes of a picture (YUV 4:2:0, 8 bits).
 *
 * A frame is a mesh whose nodes stand in the middle of 16x16 cells and say where each looks in a layer; between four
 * nodes the way is linear, so a tile needs its corners only. Samples are bilinear in whole numbers: 7 bits of fraction,
 * the same arithmetic in every variant, so that all machines draw the same bytes.
 *
 * Layers come with PAD pixels around them that repeat their rim (or, for a subject, hold nothing); what lies further
 * out is clamped to them. One spare row below lets wide loads run over the end of the last row.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CELL 16
#define PAD 2
#define BLOCK 16      /* source pixels a block of `status` stands for */
#define TRANSPARENT 1 /* bits of `status`: some of the block lets the background through */
#define STRIP 64      /* tiles that are set up at a time */
#define OPAQUE 2      /* some of it does not */

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

/* Where 8 neighbours look, in 16.16 pixels of a padded plane: the k-th at x + k dx, y + k dy. */
typedef struct {
    int32_t x, dx, y, dy;
    int32_t limit_x, limit_y; /* the last pixel that has a right and a lower neighbour, or 0: no need to look */
} Way;

/* A tile's way through one plane, line by line: where its next line begins, and how that changes with each line. */
typedef struct {
    Way way;
    int32_t down_x, down_y, twist_x, twist_y;
} Walk;

/* Neighbouring tiles, 16 lines high. */
typedef struct {
    int tiles, left, top;
    int seen[STRIP];
    Walk behind[STRIP], subject[STRIP], behind_uv[STRIP], subject_uv[STRIP];
} Strip;

static inline int32_t fixed(float value) { return (int32_t)(value * 65536.0f + (value < 0 ? -0.5f : 0.5f)); }

/* Return the way along this line, and go one down. */
static inline Way walk(Walk *at) {
    const Way way = at->way;
    at->way.x += at->down_x;
    at->way.y += at->down_y;
    at->way.dx += at->twist_x;
    at->way.dy += at->twist_y;
    return way;
}

static inline Way eight_on(Way way) {
    way.x += 8 * way.dx;
    way.y += 8 * way.dy;
    return way;
}

typedef struct {
    float x[4], y[4]; /* corners in padded luma pixels: left upper, right upper, left lower, right lower */
    float left, top, right, bottom;
} Corners;

static inline Corners corners_of(const Layer *layer, int nodes_x, int tx, int ty) {
    Corners c;
    for (int n = 0; n < 4; n++) {
        const float *point = layer->points + 2 * ((size_t)(ty + (n >> 1)) * nodes_x + tx + (n & 1));
        float x = (point[0] - layer->origin_x) * layer->fine_x, y = (point[1] - layer->origin_y) * layer->fine_y;
        /* Far out everything is the same; without a bound the whole numbers would overflow. */
        c.x[n] = x < -8000 ? -8000 : x > 24000 ? 24000 : x;
        c.y[n] = y < -8000 ? -8000 : y > 24000 ? 24000 : y;
    }
    c.left = c.right = c.x[0];
    c.top = c.bottom = c.y[0];
    for (int n = 1; n < 4; n++) {
        c.left = c.x[n] < c.left ? c.x[n] : c.left;
        c.right = c.x[n] > c.right ? c.x[n] : c.right;
        c.top = c.y[n] < c.top ? c.y[n] : c.top;
        c.bottom = c.y[n] > c.bottom ? c.y[n] : c.bottom;
    }
    return c;
}

/* `shrink` is 1 for luma and 2 for chroma. */
static inline Walk walk_of(const Layer *layer, const Corners *c, int shrink) {
    Walk at;
    const float scale = 1.0f / shrink, shift = PAD - 0.5f, step = (float)shrink / CELL, first = 0.5f * step;
    const float across_x = (c->x[1] - c->x[0]) * scale, across_y = (c->y[1] - c->y[0]) * scale;
    const float down_x = (c->x[2] - c->x[0]) * scale, down_y = (c->y[2] - c->y[0]) * scale;
    const float twist_x = (c->x[3] - c->x[2]) * scale - across_x, twist_y = (c->y[3] - c->y[2]) * scale - across_y;
    const int32_t half = 1 << 8; /* half of the last bit of fraction that is kept */
    at.way.x = fixed(c->x[0] * scale + shift + first * (across_x + down_x + first * twist_x)) + half;
    at.way.y = fixed(c->y[0] * scale + shift + first * (across_y + down_y + first * twist_y)) + half;
    at.way.dx = fixed(step * (across_x + first * twist_x));
    at.way.dy = fixed(step * (across_y + first * twist_y));
    at.down_x = fixed(step * (down_x + first * twist_x));
    at.down_y = fixed(step * (down_y + first * twist_y));
    at.twist_x = fixed(step * step * twist_x);
    at.twist_y = fixed(step * step * twist_y);
    const int inside = c->left >= 2 && c->top >= 2 && c->right <= layer->width - 2 && c->bottom <= layer->height - 2;
    at.way.limit_x = inside ? 0 : (layer->width / shrink + 2 * PAD - 2) << 16;
    at.way.limit_y = inside ? 0 : (layer->height / shrink + 2 * PAD - 2) << 16;
    return at;
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
            strip->seen[n] = status_of(subject, &corners);
            strip->subject[n] = walk_of(subject, &corners, 1);
            strip->subject_uv[n] = walk_of(subject, &corners, 2);
        }
        if (strip->seen[n] != OPAQUE) {
            const Corners corners = corners_of(behind, nodes_x, tx + n, ty);
            strip->behind[n] = walk_of(behind, &corners, 1);
            strip->behind_uv[n] = walk_of(behind, &corners, 2);
        }
    }
}

/* Write those of 8 bytes that lie on the row, which is `width` long; the first belongs at x. */
static inline void put(uint8_t *row, int x, int width, const uint8_t *bytes) {
    if (x >= 0 && x + 8 <= width) {
        memcpy(row + x, bytes, 8);
        return;
    }
    for (int k = 0; k < 8; k++)
        if (x + k >= 0 && x + k < width)
            row[x + k] = bytes[k];
}

/* Plain C, for any machine: arrays of 8 that a compiler turns into its own vectors. */
typedef struct {
    int32_t offset[8], fx[8], fy[8];
} PlainPlace;
typedef struct {
    int32_t value[8];
} PlainEight;

static inline int32_t clamped(int32_t value, int32_t limit) { return value < 0 ? 0 : value > limit ? limit : value; }

static inline PlainPlace plain_place(const Way *way, int stride) {
    PlainPlace place;
    for (int k = 0; k < 8; k++) {
        int32_t x = way->x + k * way->dx, y = way->y + k * way->dy;
        if (way->limit_x) {
            x = clamped(x, way->limit_x);
            y = clamped(y, way->limit_y);
        }
        place.offset[k] = (y >> 16) * stride + (x >> 16);
        place.fx[k] = (x >> 9) & 127;
        place.fy[k] = (y >> 9) & 127;
    }
    return place;
}

static inline PlainEight plain_fetch(const uint8_t *plane, int stride, const PlainPlace *place) {
    PlainEight eight;
    int32_t upper[8], lower[8];
    for (int k = 0; k < 8; k++) {
        const uint8_t *at = plane + place->offset[k];
        upper[k] = at[0] * (128 - place->fx[k]) + at[1] * place->fx[k];
        lower[k] = at[stride] * (128 - place->fx[k]) + at[stride + 1] * place->fx[k];
    }
    for (int k = 0; k < 8; k++)
        eight.value[k] = (upper[k] * (128 - place->fy[k]) + lower[k] * place->fy[k] + (1 << 13)) >> 14;
    return eight;
}

static inline PlainEight plain_over(PlainEight behind, PlainEight through, PlainEight own) {
    PlainEight eight;
    for (int k = 0; k < 8; k++) {
        int32_t product = behind.value[k] * through.value[k] + 128;
        eight.value[k] = ((product + (product >> 8)) >> 8) + own.value[k];
    }
    return eight;
}

static inline void plain_put(uint8_t *row, int x, int width, PlainEight eight) {
    uint8_t bytes[8];
    for (int k = 0; k < 8; k++)
        bytes[k] = (uint8_t)(eight.value[k] > 255 ? 255 : eight.value[k]);
    put(row, x, width, bytes);
}

static inline void plain_put_two(uint8_t *row, int x, int width, PlainEight near, PlainEight far) {
    plain_put(row, x, width, near);
    plain_put(row, x + 8, width, far);
}

#define DRAW draw_plain
#define TARGET
#define PLACE PlainPlace
#define EIGHT PlainEight
#define place_of plain_place
#define fetch plain_fetch
#define over plain_over
#define put_eight plain_put
#define put_sixteen plain_put_two
#include "frame.inc"

#if defined(__x86_64__) && defined(__GNUC__)
#define HAS_AVX2 1
#include "avx2.inc"
#define DRAW draw_avx2
#define TARGET AVX2
#define PLACE WidePlace
#define EIGHT __m256i
#define place_of wide_place
#define fetch wide_fetch
#define over wide_over
#define put_eight wide_put
#define put_sixteen wide_put_two
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

/* Where the camera stands, and the depth of what it looks at: (rows, columns) float32 over the whole scaled picture. */
typedef struct {
    const float *disparity;
    int32_t rows, columns;
    float fit_x, fit_y; /* cells of the map per pixel of the scaled picture */
    float cosine, sine, zoom, center_x, center_y, side_x, side_y, forward;
} Pose;

static inline float bounded(float value, float limit) { return value < 0 ? 0 : value > limit ? limit : value; }

static inline float disparity_at(const Pose *pose, float x, float y) {
    const float column = bounded(x * pose->fit_x - 0.5f, (float)(pose->columns - 1));
    const float row = bounded(y * pose->fit_y - 0.5f, (float)(pose->rows - 1));
    const int left = (int)column, top = (int)row;
    const int right = left + 1 < pose->columns ? left + 1 : left;
    const float *upper = pose->disparity + (size_t)top * pose->columns;
    const float *lower = top + 1 < pose->rows ? upper + pose->columns : upper;
    const float u = column - left, v = row - top;
    return (upper[left] * (1 - u) + upper[right] * u) * (1 - v) + (lower[left] * (1 - u) + lower[right] * u) * v;
}

/* Say where each of `count` nodes looks, and the disparity there: each round uses the disparity that the last found. */
void seedbed_solve(const Pose *pose, const float *nodes, int count, int rounds, float *points, float *disparity) {
    for (int n = 0; n < count; n++) {
        const float x = (nodes[2 * n] * pose->cosine - nodes[2 * n + 1] * pose->sine) / pose->zoom;
        const float y = (nodes[2 * n] * pose->sine + nodes[2 * n + 1] * pose->cosine) / pose->zoom;
        float at_x = pose->center_x + x, at_y = pose->center_y + y, d = disparity_at(pose, at_x, at_y);
        for (int round = 0; round < rounds; round++) {
            at_x = pose->center_x + x * (1 - pose->forward * d) + pose->side_x * d;
            at_y = pose->center_y + y * (1 - pose->forward * d) + pose->side_y * d;
            d = disparity_at(pose, at_x, at_y);
        }
        points[2 * n] = at_x;
        points[2 * n + 1] = at_y;
        disparity[n] = d;
    }
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
