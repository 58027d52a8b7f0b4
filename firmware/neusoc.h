/* NeuSoC from C: for firmware of the harness' management core, without library and heap. README.md has an example.
 *
 * controller_regs.h is written by `neusoc registers`. Of its struct only offsets are taken: it is packed, so a compiler may reach its
 * members byte by byte, and the chip refuses what is not a whole word.
 */
#ifndef NEUSOC_H
#define NEUSOC_H

#include <stddef.h>
#include <stdint.h>

#include "controller_regs.h"

/* With NEUSOC_TWO_CORES, for a chip of two cores, all calls reach the core that neusoc_select() named last (router.c); first core 0. */
#ifdef NEUSOC_TWO_CORES
extern uint32_t neusoc_first; /* offset of its registers from those of core 0 */
#else
enum { neusoc_first = 0 };
#endif

#define NEUSOC_OFFSET(reg) ((uint32_t)offsetof(controller_regs_t, reg) + (uint32_t)neusoc_first)
#define NEUSOC_GET(REG, FIELD, word) (((word) & CONTROLLER_REGS__##REG##__##FIELD##_bm) >> CONTROLLER_REGS__##REG##__##FIELD##_bp)
#define NEUSOC_PUT(REG, FIELD, value) \
  (((uint32_t)(value) << CONTROLLER_REGS__##REG##__##FIELD##_bp) & CONTROLLER_REGS__##REG##__##FIELD##_bm)

#define NEUSOC_FITS(REG, FIELD, value) (NEUSOC_GET(REG, FIELD, NEUSOC_PUT(REG, FIELD, value)) == (uint32_t)(value))

/* The bus, and what to do between two looks at the chip. Whoever defines NEUSOC_BUS brings these three functions (tests on a host do). */
#ifdef NEUSOC_BUS
uint32_t neusoc_read(uint32_t offset);
void neusoc_write(uint32_t offset, uint32_t value);
void neusoc_pause(void);
#else
static inline uint32_t neusoc_read(uint32_t offset) { return *(volatile uint32_t *)(uintptr_t)(CONTROLLER_REGS_BASE + offset); }
static inline void neusoc_write(uint32_t offset, uint32_t value) {
  *(volatile uint32_t *)(uintptr_t)(CONTROLLER_REGS_BASE + offset) = value;
}
static inline void neusoc_pause(void) {}
#endif

enum { NEUSOC_KEY = 0x4B59, NEUSOC_LEVELS_A_WORD = 4, NEUSOC_BUFFER_WORDS = 4, NEUSOC_MASKS = 4 };
enum { NEUSOC_FORM, NEUSOC_SET, NEUSOC_RESET, NEUSOC_READ, NEUSOC_PROGRAM, NEUSOC_REFRESH, NEUSOC_READ_OFFSET, NEUSOC_HOLD };
enum { NEUSOC_CELL_OK, NEUSOC_STUCK_LOW, NEUSOC_STUCK_HIGH, NEUSOC_TIMED_OUT, NEUSOC_FORM_FAILED, NEUSOC_CELL_NO_ANSWER };

/* What a call returns: one of these, or NEUSOC_REFUSED + ERROR.bus, NEUSOC_JOB + ERROR.job (docs/02-chip/controller.md). */
enum {
  NEUSOC_OK = 0,
  NEUSOC_GOES_ON,  /* the job runs, and something was moved since the last look */
  NEUSOC_WAITS,    /* the job runs, and nothing was moved */
  NEUSOC_NO_CHIP,  /* ID.magic is another */
  NEUSOC_TIMEOUT,  /* as many looks as were allowed */
  NEUSOC_STRANGE,  /* a result of another cell than the next one: someone else is on the bus */
  NEUSOC_HALTED,   /* the neurons do not run */
  NEUSOC_LOST,     /* events were dropped: someone else is on the bus */
  NEUSOC_NO_ROW,   /* an event to a row that the chip has not */
  NEUSOC_AER_OUT,  /* spikes leave on the pins */
  NEUSOC_PIXEL,    /* a pixel that is not from 0 to 15 */
  NEUSOC_TOO_WIDE, /* a setting that does not fit its field, or a tick that is no power of two; nothing was written */
  NEUSOC_NO_ROUTE, /* a route of a core, neuron or row that the chip has not; nothing was written */
  NEUSOC_VERSION,  /* VERSION.interface is another than these headers' */
  NEUSOC_CLOCK,    /* the chip's clock stood while it drove cells: all is reset, write settings and levels again */
  NEUSOC_RAIL,     /* spikes teach nothing: TIMING.rail is beyond LIMITS_CODES */
  NEUSOC_REFUSED = 0x100,
  NEUSOC_JOB = 0x200,
  NEUSOC_ROUTER = 0x300 /* plus REFUSED.code of the event router */
};

/* Frames of a serial line (software/driver/README.md). */
enum { NEUSOC_FRAME = 8, NEUSOC_BAD_CHECK = 1 };
enum { NEUSOC_ASK_READ = 1, NEUSOC_ASK_WRITE = 2, NEUSOC_VALUE = 9, NEUSOC_WRITTEN = 10, NEUSOC_FRAME_REFUSED = 15 };

typedef struct {
  uint32_t rows, columns, neurons, results, levels;
  uint32_t clock_lost; /* its clock stood before it was identified, which forgets that */
} neusoc_identity;

typedef struct {
  uint8_t row, col, outcome, pulses, code;
} neusoc_cell;

/* One job: the first six are its caller's, the others its own. */
typedef struct {
  uint32_t operation, row_first, row_last, col_first, col_last;
  uint32_t ahead;        /* most cells whose levels the chip holds before their results are in; 0: as many as it has room for */
  const uint8_t *levels; /* PROGRAM: one a cell, row by row */
  uint32_t sent, taken;  /* words of levels, results */
} neusoc_job;

int neusoc_identify(neusoc_identity *who);
int neusoc_check(void);                                  /* what was refused since the last check; forgotten by that */
int neusoc_set(uint32_t offset, uint32_t value);         /* a write and a check */
int neusoc_arm(void);                                    /* the key: without it no pulse reaches a cell */
int neusoc_disarm(void);
int neusoc_begin(neusoc_job *job);                       /* leaves what an earlier job left where it is: neusoc_stop(1, ...) first; opens limits as after reset */
int neusoc_step(neusoc_job *job, neusoc_cell *cells);    /* one look; cells: room for the region, filled from its first cell on */
int neusoc_run(neusoc_job *job, neusoc_cell *cells, uint32_t looks); /* to the end; looks: at most so many without a result */
int neusoc_hold(uint32_t row, uint32_t col);             /* key set: the cell as a read has it, until neusoc_stop() or neusoc_disarm() */
int neusoc_stop(int drop, uint32_t looks);               /* end a job; drop: its results too */
int neusoc_send(const uint8_t *rows, uint32_t count, uint32_t looks);
int neusoc_spikes(uint8_t *neurons, uint32_t most, uint32_t *count); /* in their order */

/* Images: images.c. */
enum { NEUSOC_PIXELS_A_WORD = 8, NEUSOC_BRIGHTEST = 15, NEUSOC_PLANES = 4, NEUSOC_NOBODY = 0xFF };
enum { NEUSOC_SCALE = 0, NEUSOC_CURRENTS = 1, NEUSOC_LEAK = 3, NEUSOC_OPTIONS = 4, NEUSOC_PAD = 5 }; /* words of the references */

/* How an image is shown; planes from the highest bit down, times in clock cycles, ratios in units less one. */
typedef struct {
  uint8_t windows[NEUSOC_PLANES], ratios[NEUSOC_PLANES];
  uint8_t lowest;                            /* bit of the last plane */
  uint8_t clear, lead, open, close, tail, step, top, rest;
} neusoc_image_settings;

typedef struct {
  uint32_t found, neuron, count, full, waits, busy;
} neusoc_image_state;

int neusoc_image_settle(uint32_t looks);                 /* until no image is shown, and none waits for it */
int neusoc_image_configure(const neusoc_image_settings *how, uint32_t looks); /* settles first */
int neusoc_event_configure(uint32_t window, uint32_t ratio);
int neusoc_trim(uint32_t neuron, uint32_t pair, uint32_t threshold, uint32_t test); /* CTRL.enable = 0 */
int neusoc_trim_all(uint32_t pair, uint32_t threshold, uint32_t test);
int neusoc_reference(uint32_t word, uint32_t data);      /* CTRL.enable = 0 */
void neusoc_image_state_of(neusoc_image_state *state);
int neusoc_image_load(const uint8_t *pixels);            /* one a row, 0 to 15 */
int neusoc_image_start(void);
int neusoc_image_stop(void);
int neusoc_image_clear(void);
/* Shows images, the next of which is loaded while one runs. pixels: count times one a row, so count times who.rows of neusoc_identify();
 * how long the array is C does not see. winners: of each, NEUSOC_NOBODY where none answered. done: how many winners there are, also behind
 * an error. */
int neusoc_classify(const uint8_t *pixels, uint32_t count, uint8_t *winners, uint32_t *done, uint32_t looks);

#ifdef NEUSOC_TWO_CORES /* router.c, and router_regs.h of `neusoc registers` */

enum { NEUSOC_CORES = 2, NEUSOC_NOWHERE = -1 };

/* Where the spikes of a neuron go: rows of the cores, or NEUSOC_NOWHERE; whether to the pins. */
typedef struct {
  int32_t row[NEUSOC_CORES];
  uint32_t out;
} neusoc_route_to;

int neusoc_select(uint32_t core);                        /* whose registers all other calls reach from now on */
int neusoc_router_identify(uint32_t *rows, uint32_t *neurons); /* of a core, as the router knows it */
int neusoc_router_check(void);                           /* what it refused since the last check; forgotten by that */
int neusoc_router_set(uint32_t offset, uint32_t value);  /* offset: ROUTER_REGS__..._offset; a write and a check */
uint32_t neusoc_router_get(uint32_t offset);
int neusoc_route(uint32_t core, uint32_t neuron, const neusoc_route_to *to);
#endif

void neusoc_answer(const uint8_t asked[NEUSOC_FRAME], uint8_t answer[NEUSOC_FRAME]); /* frames.c */

#endif
