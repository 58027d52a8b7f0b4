#include "neusoc.h"

#define IMAGE NEUSOC_OFFSET(image)

void neusoc_image_state_of(neusoc_image_state *state) {
  uint32_t word = neusoc_read(IMAGE);
  state->found = NEUSOC_GET(IMAGE, FOUND, word);
  state->neuron = NEUSOC_GET(IMAGE, NEURON, word);
  state->count = NEUSOC_GET(IMAGE, COUNT, word);
  state->full = NEUSOC_GET(IMAGE, FULL, word);
  state->waits = NEUSOC_GET(IMAGE, WAITS, word);
  state->busy = NEUSOC_GET(IMAGE, BUSY, word);
}

int neusoc_image_settle(uint32_t looks) {
  neusoc_image_state state;
  for (;; looks--) {
    neusoc_image_state_of(&state);
    if (!state.busy && !state.waits) return NEUSOC_OK;
    if (!looks) return NEUSOC_TIMEOUT;
    neusoc_pause();
  }
}

int neusoc_image_configure(const neusoc_image_settings *how, uint32_t looks) {
  const uint8_t *w = how->windows, *r = how->ratios;
  int fits = NEUSOC_FITS(RATIOS, LOWEST, how->lowest) && NEUSOC_FITS(THRESHOLD, TOP, how->top) && NEUSOC_FITS(THRESHOLD, REST, how->rest);
  for (uint32_t k = 0; k < NEUSOC_PLANES; k++) fits = fits && NEUSOC_FITS(RATIOS, BIT0, r[k]);
  if (!fits) return NEUSOC_TOO_WIDE;
  int status = neusoc_image_settle(looks);
  if (status) return status;
  uint32_t windows = NEUSOC_PUT(WINDOWS, BIT3, w[0]) | NEUSOC_PUT(WINDOWS, BIT2, w[1]) | NEUSOC_PUT(WINDOWS, BIT1, w[2]) |
                     NEUSOC_PUT(WINDOWS, BIT0, w[3]);
  uint32_t ratios = NEUSOC_PUT(RATIOS, LOWEST, how->lowest) | NEUSOC_PUT(RATIOS, BIT3, r[0]) | NEUSOC_PUT(RATIOS, BIT2, r[1]) |
                    NEUSOC_PUT(RATIOS, BIT1, r[2]) | NEUSOC_PUT(RATIOS, BIT0, r[3]);
  uint32_t exposure = NEUSOC_PUT(EXPOSURE, LEAD, how->lead) | NEUSOC_PUT(EXPOSURE, OPEN, how->open) |
                      NEUSOC_PUT(EXPOSURE, CLOSE, how->close) | NEUSOC_PUT(EXPOSURE, TAIL, how->tail);
  uint32_t threshold = NEUSOC_PUT(THRESHOLD, CLEAR, how->clear) | NEUSOC_PUT(THRESHOLD, STEP, how->step) |
                       NEUSOC_PUT(THRESHOLD, TOP, how->top) | NEUSOC_PUT(THRESHOLD, REST, how->rest);
  if ((status = neusoc_set(NEUSOC_OFFSET(windows), windows)) || (status = neusoc_set(NEUSOC_OFFSET(ratios), ratios))) return status;
  status = neusoc_set(NEUSOC_OFFSET(exposure), exposure);
  return status ? status : neusoc_set(NEUSOC_OFFSET(threshold), threshold);
}

int neusoc_event_configure(uint32_t window, uint32_t ratio) {
  if (!NEUSOC_FITS(WINDOW, WINDOW, window) || !NEUSOC_FITS(WINDOW, RATIO, ratio)) return NEUSOC_TOO_WIDE;
  uint32_t kept = neusoc_read(NEUSOC_OFFSET(window)) & CONTROLLER_REGS__WINDOW__CYCLES_bm;
  return neusoc_set(NEUSOC_OFFSET(window), kept | NEUSOC_PUT(WINDOW, WINDOW, window) | NEUSOC_PUT(WINDOW, RATIO, ratio));
}

static int latch(uint32_t pair, uint32_t threshold, uint32_t test, uint32_t which) {
  if (!NEUSOC_FITS(NEURON_CONFIG, PAIR, pair) || !NEUSOC_FITS(NEURON_CONFIG, TRIM, threshold)) return NEUSOC_TOO_WIDE;
  if (!NEUSOC_FITS(NEURON_CONFIG, TEST, test)) return NEUSOC_TOO_WIDE;
  uint32_t word = NEUSOC_PUT(NEURON_CONFIG, PAIR, pair) | NEUSOC_PUT(NEURON_CONFIG, TRIM, threshold) | NEUSOC_PUT(NEURON_CONFIG, TEST, test);
  return neusoc_set(NEUSOC_OFFSET(neuron_config), word | which);
}

int neusoc_trim(uint32_t neuron, uint32_t pair, uint32_t threshold, uint32_t test) {
  if (!NEUSOC_FITS(NEURON_CONFIG, NEURON, neuron)) return NEUSOC_TOO_WIDE;
  return latch(pair, threshold, test, NEUSOC_PUT(NEURON_CONFIG, NEURON, neuron));
}

int neusoc_trim_all(uint32_t pair, uint32_t threshold, uint32_t test) {
  return latch(pair, threshold, test, NEUSOC_PUT(NEURON_CONFIG, ALL, 1));
}

int neusoc_reference(uint32_t word, uint32_t data) {
  if (!NEUSOC_FITS(REFERENCE, WORD, word) || !NEUSOC_FITS(REFERENCE, DATA, data)) return NEUSOC_TOO_WIDE;
  return neusoc_set(NEUSOC_OFFSET(reference), NEUSOC_PUT(REFERENCE, WORD, word) | NEUSOC_PUT(REFERENCE, DATA, data));
}

static uint32_t rows(void) { return NEUSOC_GET(ID, ROWS, neusoc_read(NEUSOC_OFFSET(id))) + 1; }

/* An image of so many rows, whose pixels fit; whether it was refused shows later. */
static void send(const uint8_t *pixels, uint32_t count) {
  for (uint32_t at = 0; at < count; at += NEUSOC_PIXELS_A_WORD) {
    uint32_t word = 0;
    for (uint32_t k = 0; k < NEUSOC_PIXELS_A_WORD && at + k < count; k++) word |= (uint32_t)pixels[at + k] << (NEUSOC_PLANES * k);
    neusoc_write(NEUSOC_OFFSET(pixels), word);
  }
}

static int fit(const uint8_t *pixels, uint32_t count) {
  for (uint32_t k = 0; k < count; k++)
    if (pixels[k] > NEUSOC_BRIGHTEST) return NEUSOC_PIXEL;
  return NEUSOC_OK;
}

int neusoc_image_load(const uint8_t *pixels) {
  uint32_t count = rows();
  int status = fit(pixels, count);
  if (status) return status;
  send(pixels, count);
  return neusoc_check();
}

int neusoc_image_start(void) { return neusoc_set(IMAGE, NEUSOC_PUT(IMAGE, START, 1)); }
int neusoc_image_stop(void) { return neusoc_set(IMAGE, NEUSOC_PUT(IMAGE, STOP, 1)); }
int neusoc_image_clear(void) { return neusoc_set(IMAGE, NEUSOC_PUT(IMAGE, CLEAR, 1)); }

/* Until an image has ended that was started behind count others; or none is shown, for two looks: it is counted a cycle behind its end. */
static int ended(neusoc_image_state *state, uint32_t count, uint32_t looks) {
  for (uint32_t idle = 0;; looks--) {
    neusoc_image_state_of(state);
    idle = state->busy || state->waits ? 0 : idle + 1;
    if (state->count != count || idle == 2) return NEUSOC_OK;
    if (!looks) return NEUSOC_TIMEOUT;
    neusoc_pause();
  }
}

static int classify(const uint8_t *pixels, uint32_t count, uint32_t size, uint8_t *winners, uint32_t *done, uint32_t looks) {
  neusoc_image_state state;
  neusoc_image_state_of(&state);
  uint32_t ends = state.count;
  send(pixels, size);
  for (uint32_t k = 0; k < count; k++) {
    uint32_t last = k + 1 == count;
    neusoc_write(IMAGE, NEUSOC_PUT(IMAGE, START, 1));
    if (!last) send(pixels + (k + 1) * size, size);
    int status = ended(&state, ends, looks);
    if (status) return status;
    ends = (ends + 1) & (CONTROLLER_REGS__IMAGE__COUNT_bm >> CONTROLLER_REGS__IMAGE__COUNT_bp);
    if (state.count != ends || state.waits || state.full == last) return (status = neusoc_check()) ? status : NEUSOC_STRANGE;
    winners[(*done)++] = state.found ? (uint8_t)state.neuron : (uint8_t)NEUSOC_NOBODY;
  }
  return NEUSOC_OK;
}

int neusoc_classify(const uint8_t *pixels, uint32_t count, uint8_t *winners, uint32_t *done, uint32_t looks) {
  uint32_t size = rows();
  int status = fit(pixels, count * size);
  *done = 0;
  if (status || !count) return status;
  if (!NEUSOC_GET(CTRL, ENABLE, neusoc_read(NEUSOC_OFFSET(ctrl)))) return NEUSOC_HALTED;
  if ((status = neusoc_image_settle(looks)) || (status = neusoc_image_clear())) return status;
  status = classify(pixels, count, size, winners, done, looks);
  if (!status) return neusoc_check();
  neusoc_write(IMAGE, NEUSOC_PUT(IMAGE, STOP, 1) | NEUSOC_PUT(IMAGE, CLEAR, 1)); /* nothing is left to be shown */
  return status;
}
