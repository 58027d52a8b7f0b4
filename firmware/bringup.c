#include "bringup.h"

#include "caravel.h"

enum { INTERRUPT_LOOKS = 100, PIN_LOOKS = 200 }; /* at what takes less than a hundred cycles */

static struct {
  uint32_t count, causes;
} volatile served;

/* --- interrupts */

/* What clears itself stays: such causes are no longer enabled. */
void neusoc_interrupt(void) {
  uint32_t enabled = neusoc_read(NEUSOC_OFFSET(irq_enable)), causes = neusoc_read(NEUSOC_OFFSET(irq_status)) & enabled;
  served.causes |= causes;
  served.count++;
  neusoc_write(NEUSOC_OFFSET(irq_status), causes);
  neusoc_write(NEUSOC_OFFSET(irq_enable), enabled & ~neusoc_read(NEUSOC_OFFSET(irq_status)));
  CARAVEL_IRQ_PENDING = 1;
}

static void expect(uint32_t causes) {
  served.count = served.causes = 0;
  neusoc_write(NEUSOC_OFFSET(irq_status), causes);
  neusoc_write(NEUSOC_OFFSET(irq_enable), causes);
}

/* Whether what was expected was served, and once. */
static neusoc_told interrupted(uint32_t causes) {
  for (uint32_t looks = INTERRUPT_LOOKS; looks && !served.count; looks--) neusoc_pause();
  uint32_t left = neusoc_read(NEUSOC_OFFSET(irq_status));
  neusoc_write(NEUSOC_OFFSET(irq_enable), 0);
  uint32_t count = served.count, found = served.causes;
  if (!count) return (neusoc_told){left & causes ? NEUSOC_NO_INTERRUPT : NEUSOC_NO_CAUSE, (uint16_t)left};
  return (neusoc_told){count == 1 && found == causes ? NEUSOC_PASSED : NEUSOC_WRONG_CAUSE, (uint16_t)found};
}

static neusoc_told interrupt(void) {
  uint32_t cause = NEUSOC_PUT(IRQ_STATUS, BUS_ERROR, 1);
  caravel_interrupts(1);
  expect(cause);
  neusoc_write(NEUSOC_OFFSET(id), 0); /* read-only: refused */
  neusoc_told told = interrupted(cause);
  neusoc_write(NEUSOC_OFFSET(error), 0);
  told.detail = told.code == NEUSOC_PASSED ? 0 : told.detail;
  return told;
}

/* --- GPIOs */

static neusoc_told set_modes(const neusoc_gpio *gpios, uint32_t count) {
  for (uint32_t k = 0; k < count; k++) CARAVEL_MODE(gpios[k].gpio) = gpios[k].mode;
  if (caravel_transfer()) return (neusoc_told){NEUSOC_NO_TRANSFER, 0};
  for (uint32_t k = 0; k < count; k++)
    if (CARAVEL_MODE(gpios[k].gpio) != gpios[k].mode) return (neusoc_told){NEUSOC_BAD_MODE, gpios[k].gpio};
  return (neusoc_told){NEUSOC_PASSED, 0};
}

static void drive(uint32_t gpio, uint32_t level) {
  volatile uint32_t *word = gpio < CARAVEL_WORD_GPIOS ? &CARAVEL_DATA_LOW : &CARAVEL_DATA_HIGH;
  static uint32_t driven[2]; /* reading the word gives the pads */
  uint32_t *mine = &driven[gpio >= CARAVEL_WORD_GPIOS], bit = 1u << (gpio % CARAVEL_WORD_GPIOS);
  *mine = level ? *mine | bit : *mine & ~bit;
  *word = *mine;
}

static uint32_t pad(uint32_t gpio) {
  return (gpio < CARAVEL_WORD_GPIOS ? CARAVEL_DATA_LOW : CARAVEL_DATA_HIGH) >> (gpio % CARAVEL_WORD_GPIOS) & 1;
}

static int pad_becomes(uint32_t gpio, uint32_t level) {
  for (uint32_t looks = PIN_LOOKS; looks; looks--)
    if (pad(gpio) == level) return 1;
  return 0;
}

/* --- identity and registers */

static neusoc_told identity(void) {
  neusoc_identity who;
  int status = neusoc_identify(&who);
  if (status) return (neusoc_told){NEUSOC_BAD_IDENTITY, (uint16_t)status};
  if (who.rows != NEUSOC_CHIP_ROWS) return (neusoc_told){NEUSOC_BAD_SIZE, (uint16_t)who.rows};
  if (who.columns != NEUSOC_CHIP_COLUMNS) return (neusoc_told){NEUSOC_BAD_SIZE, (uint16_t)who.columns};
  if (who.neurons != NEUSOC_CHIP_NEURONS) return (neusoc_told){NEUSOC_BAD_SIZE, (uint16_t)who.neurons};
  return (neusoc_told){NEUSOC_PASSED, 0};
}

/* Neurons of a MASK register that the chip has. */
static uint32_t mask_of(uint32_t word) {
  uint32_t first = 32 * word;
  if (NEUSOC_CHIP_NEURONS <= first) return 0;
  return NEUSOC_CHIP_NEURONS - first >= 32 ? 0xFFFFFFFFu : (1u << (NEUSOC_CHIP_NEURONS - first)) - 1;
}

/* A word that differs from register to register, by a multiplicative hash without a product: two that are one show. */
static uint32_t pattern(uint32_t offset) {
  uint32_t x = 0x9E3779B9u ^ (offset << 20) ^ (offset << 11) ^ (offset << 3);
  x ^= x << 13;
  x ^= x >> 17;
  return x ^ (x << 5);
}

enum { WALK_PATTERN, WALK_INVERSE, WALK_RESET, WALKS };

static uint32_t walked(uint32_t walk, uint32_t offset, uint32_t reset) {
  return walk == WALK_RESET ? reset : walk == WALK_PATTERN ? pattern(offset) : ~pattern(offset);
}

/* All are written before the first is read. What is written moves nothing: no job runs, and the neurons stand while CTRL.enable = 0. */
static neusoc_told registers(void) {
  if (neusoc_read(NEUSOC_OFFSET(lock))) return (neusoc_told){NEUSOC_LOCKED, 0};
  for (uint32_t walk = 0; walk < WALKS; walk++) {
    for (uint32_t k = 0; k < NEUSOC_WALKED; k++) {
      const neusoc_walk *one = &neusoc_walks[k];
      neusoc_write(one->offset, walked(walk, one->offset, one->reset) & one->bits);
    }
    for (uint32_t k = 0; k < NEUSOC_MASKS; k++) {
      uint32_t at = NEUSOC_OFFSET(mask0) + 4 * k;
      neusoc_write(at, walked(walk, at, 0));
    }
    for (uint32_t k = 0; k < NEUSOC_WALKED; k++) {
      const neusoc_walk *one = &neusoc_walks[k];
      uint32_t wanted = walked(walk, one->offset, one->reset) & one->bits;
      if (neusoc_read(one->offset) != wanted) return (neusoc_told){NEUSOC_BAD_REGISTER, (uint16_t)one->offset};
    }
    for (uint32_t k = 0; k < NEUSOC_MASKS; k++) {
      uint32_t at = NEUSOC_OFFSET(mask0) + 4 * k;
      if (neusoc_read(at) != (walked(walk, at, 0) & mask_of(k))) return (neusoc_told){NEUSOC_BAD_BITS, (uint16_t)at};
    }
  }
  int status = neusoc_check();
  return (neusoc_told){status ? NEUSOC_DRIVER_FAULT : NEUSOC_PASSED, (uint16_t)status};
}

/* --- jobs */

static neusoc_told read_cells(const neusoc_bringup_plan *plan) {
  neusoc_cell cells[4];
  uint32_t cause = NEUSOC_PUT(IRQ_STATUS, JOB_END, 1);
  neusoc_job job = {.operation = NEUSOC_READ, .row_last = 1, .col_last = 1};
  expect(cause);
  int status = neusoc_run(&job, cells, plan->looks);
  neusoc_told told = interrupted(cause);
  if (status) return (neusoc_told){NEUSOC_DRIVER_FAULT, (uint16_t)status};
  for (uint32_t k = 0; k < sizeof cells / sizeof *cells; k++)
    if (cells[k].outcome != NEUSOC_CELL_OK) return (neusoc_told){NEUSOC_BAD_CELL, cells[k].outcome};
  told.detail = told.code == NEUSOC_PASSED ? 0 : told.detail;
  return told;
}

static neusoc_told program(const neusoc_bringup_plan *plan) {
  if (!plan->program) return (neusoc_told){NEUSOC_LEFT_OUT, 0};
  neusoc_cell cell = {0};
  const uint8_t level = (uint8_t)plan->level;
  neusoc_job job = {.operation = NEUSOC_FORM, .row_first = plan->row, .row_last = plan->row, .col_first = plan->column,
                    .col_last = plan->column};
  int status = neusoc_arm();
  if (!status) status = neusoc_run(&job, &cell, plan->looks);
  if (!status && cell.outcome == NEUSOC_CELL_OK) {
    job.operation = NEUSOC_PROGRAM;
    job.levels = &level;
    status = neusoc_run(&job, &cell, plan->looks);
  }
  int left = neusoc_disarm();
  if (status || left) return (neusoc_told){NEUSOC_DRIVER_FAULT, (uint16_t)(status ? status : left)};
  if (cell.outcome != NEUSOC_CELL_OK) return (neusoc_told){NEUSOC_BAD_CELL, cell.outcome};
  return (neusoc_told){NEUSOC_PASSED, cell.code};
}

/* --- neurons */

#define ON NEUSOC_PUT(CTRL, ENABLE, 1)

static int neurons_on(const neusoc_bringup_plan *plan, uint32_t more) {
  int status = neusoc_set(NEUSOC_OFFSET(ctrl), ON);
  (void)plan;
  return status || !more ? status : neusoc_set(NEUSOC_OFFSET(ctrl), ON | more);
}

static neusoc_told heard(const neusoc_bringup_plan *plan, uint32_t count, uint32_t neuron, uint32_t events) {
  if (!plan->program) return (neusoc_told){count ? NEUSOC_WRONG_NEURON : NEUSOC_PASSED, (uint16_t)(count ? neuron : events)};
  if (!count) return (neusoc_told){NEUSOC_SILENT, (uint16_t)events};
  if (neuron != plan->column / 2) return (neusoc_told){NEUSOC_WRONG_NEURON, (uint16_t)neuron};
  return (neusoc_told){NEUSOC_PASSED, (uint16_t)events};
}

static neusoc_told event(const neusoc_bringup_plan *plan) {
  const uint8_t row = (uint8_t)plan->row;
  uint8_t neuron = 0;
  uint32_t count = 0, sent = 0;
  int status = neurons_on(plan, 0);
  while (!status && !count && sent < plan->events) {
    status = neusoc_send(&row, 1, plan->looks);
    sent++;
    for (uint32_t k = 0; k < 4 && !status && !count; k++) status = neusoc_spikes(&neuron, 1, &count); /* it takes a moment to come out */
  }
  int left = neusoc_set(NEUSOC_OFFSET(ctrl), 0);
  if (status || left) return (neusoc_told){NEUSOC_DRIVER_FAULT, (uint16_t)(status ? status : left)};
  return heard(plan, count, neuron, sent);
}

/* Settings under which one cell moves its membrane far: each code of the threshold stands until it has settled. */
static const neusoc_image_settings settings = {.windows = {8, 4, 2, 1}, .ratios = {3, 3, 3, 3}, .clear = 10, .lead = 3, .open = 2,
                                               .close = 1, .tail = 1, .step = 20, .top = 60, .rest = 32};
enum { EVENT_WINDOW = 8, EVENT_RATIO = 3 };

static int settle(const neusoc_bringup_plan *plan) {
  int status = neusoc_image_configure(&settings, plan->looks);
  return status ? status : neusoc_event_configure(EVENT_WINDOW, EVENT_RATIO);
}

static neusoc_told image(const neusoc_bringup_plan *plan) {
  uint8_t pixels[2 * NEUSOC_CHIP_ROWS] = {0}, winners[2] = {NEUSOC_NOBODY, NEUSOC_NOBODY};
  uint32_t done;
  pixels[plan->row] = NEUSOC_BRIGHTEST;
  int status = neurons_on(plan, 0);
  if (!status) status = neusoc_classify(pixels, 2, winners, &done, plan->looks);
  int left = neusoc_set(NEUSOC_OFFSET(ctrl), 0);
  if (status || left) return (neusoc_told){NEUSOC_DRIVER_FAULT, (uint16_t)(status ? status : left)};
  if (winners[1] != NEUSOC_NOBODY) return (neusoc_told){NEUSOC_LIT_DARK, winners[1]};
  neusoc_told told = heard(plan, winners[0] != NEUSOC_NOBODY, winners[0], 1);
  told.detail = told.code == NEUSOC_PASSED ? 0 : told.detail;
  return told;
}

/* --- pins */

/* One event over the pins, four phases; a GPIO that does not answer, or 0. */
static uint32_t pin_event(uint32_t row) {
  for (uint32_t bit = 0; bit < NEUSOC_ROW_BITS; bit++) drive(NEUSOC_GPIO_AER_IN_ADDRESS(bit), row >> bit & 1);
  drive(NEUSOC_GPIO_AER_IN_REQ, 1);
  if (!pad_becomes(NEUSOC_GPIO_AER_IN_ACK, 1)) return NEUSOC_GPIO_AER_IN_ACK;
  drive(NEUSOC_GPIO_AER_IN_REQ, 0);
  return pad_becomes(NEUSOC_GPIO_AER_IN_ACK, 0) ? 0 : NEUSOC_GPIO_AER_IN_ACK;
}

static uint32_t bad_rows(void) { return NEUSOC_GET(ERRORS, BAD_ADDRESS, neusoc_read(NEUSOC_OFFSET(errors))); }
static uint32_t received(void) { return NEUSOC_GET(EVENTS, RECEIVED, neusoc_read(NEUSOC_OFFSET(events))); }

/* Each bit of the address alone: a row that the chip has is counted as received, another one as bad. */
static neusoc_told address_bits(void) {
  for (uint32_t bit = 0; bit < NEUSOC_ROW_BITS; bit++) {
    uint32_t rows = received(), bad = bad_rows(), is_row = 1u << bit < NEUSOC_CHIP_ROWS, stopped = pin_event(1u << bit);
    if (stopped) return (neusoc_told){NEUSOC_BAD_PIN, (uint16_t)stopped};
    if (bad_rows() != bad + !is_row || received() != ((rows + is_row) & 0xFFFF))
      return (neusoc_told){NEUSOC_WRONG_ROW, (uint16_t)NEUSOC_GPIO_AER_IN_ADDRESS(bit)};
  }
  return (neusoc_told){NEUSOC_PASSED, 0};
}

static neusoc_told spike_on_pins(const neusoc_bringup_plan *plan) {
  uint32_t sent = 0, neuron = 0, count = 0;
  while (!count && sent < plan->events) {
    uint32_t stopped = pin_event(plan->row);
    if (stopped) return (neusoc_told){NEUSOC_BAD_PIN, (uint16_t)stopped};
    sent++;
    for (uint32_t k = 0; k < 8 && !count; k++) count = pad(NEUSOC_GPIO_AER_OUT_REQ);
  }
  for (uint32_t bit = 0; bit < NEUSOC_NEURON_BITS; bit++) neuron |= pad(NEUSOC_GPIO_AER_OUT_ADDRESS(bit)) << bit;
  if (count) {
    drive(NEUSOC_GPIO_AER_OUT_ACK, 1);
    int fell = pad_becomes(NEUSOC_GPIO_AER_OUT_REQ, 0);
    drive(NEUSOC_GPIO_AER_OUT_ACK, 0);
    if (!fell) return (neusoc_told){NEUSOC_BAD_PIN, NEUSOC_GPIO_AER_OUT_ACK};
  }
  return heard(plan, count, neuron, sent);
}

/* The ports' pins are driven and seen from here while it runs, then have their modes again. */
static neusoc_told pins(const neusoc_bringup_plan *plan) {
  if (!plan->pins) return (neusoc_told){NEUSOC_LEFT_OUT, 0};
  drive(NEUSOC_GPIO_AER_IN_REQ, 0);
  drive(NEUSOC_GPIO_AER_OUT_ACK, 0);
  neusoc_told told = set_modes(neusoc_tested, NEUSOC_TESTED);
  if (told.code == NEUSOC_PASSED) {
    int status = neurons_on(plan, NEUSOC_PUT(CTRL, AER_IN, 1) | NEUSOC_PUT(CTRL, AER_OUT, 1));
    told = status ? (neusoc_told){NEUSOC_DRIVER_FAULT, (uint16_t)status} : address_bits();
    if (told.code == NEUSOC_PASSED) told = spike_on_pins(plan);
    neusoc_write(NEUSOC_OFFSET(ctrl), 0);
    neusoc_write(NEUSOC_OFFSET(errors), 0); /* the bad rows were ours */
    neusoc_write(NEUSOC_OFFSET(irq_status), NEUSOC_PUT(IRQ_STATUS, BAD_ADDRESS, 1));
  }
  neusoc_told back = set_modes(neusoc_gpios, NEUSOC_GPIOS);
  return told.code == NEUSOC_PASSED && back.code != NEUSOC_PASSED ? back : told;
}

/* --- all of it */

static neusoc_told run(uint32_t step, const neusoc_bringup_plan *plan) {
  switch (step) {
    case NEUSOC_STEP_MODES: return set_modes(neusoc_gpios, NEUSOC_GPIOS);
    case NEUSOC_STEP_IDENTITY: return identity();
    case NEUSOC_STEP_REGISTERS: return registers();
    case NEUSOC_STEP_INTERRUPT: return interrupt();
    case NEUSOC_STEP_READ: return read_cells(plan);
    case NEUSOC_STEP_PROGRAM: return program(plan);
    case NEUSOC_STEP_EVENT: {
      int status = settle(plan);
      return status ? (neusoc_told){NEUSOC_DRIVER_FAULT, (uint16_t)status} : event(plan);
    }
    case NEUSOC_STEP_IMAGE: return image(plan);
    default: return pins(plan);
  }
}

void neusoc_bringup(const neusoc_bringup_plan *plan, neusoc_bringup_report *report) {
  CARAVEL_WISHBONE = 1;
  neusoc_write(NEUSOC_OFFSET(ctrl), 0);
  neusoc_write(NEUSOC_OFFSET(irq_enable), 0);
  neusoc_write(NEUSOC_OFFSET(key), 0);
  uint32_t step = 0;
  for (; step < NEUSOC_STEPS; step++) {
    report->step[step] = run(step, plan);
    if (report->step[step].code > NEUSOC_LEFT_OUT) break;
  }
  neusoc_write(NEUSOC_OFFSET(ctrl), 0);
  neusoc_write(NEUSOC_OFFSET(irq_enable), 0);
  caravel_interrupts(0);
  report->finished = NEUSOC_FINISHED;
}
