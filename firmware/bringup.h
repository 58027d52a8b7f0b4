/* Bring-up: what a management core does first with a chip. README.md has an example and the table of what it tells. */
#ifndef NEUSOC_BRINGUP_H
#define NEUSOC_BRINGUP_H

#include "bringup_chip.h" /* of `neusoc firmware`: size, pins and their modes, registers to walk */
#include "neusoc.h"

/* Steps, in their order. The first that finds a fault is the last that runs. */
enum {
  NEUSOC_STEP_MODES,     /* the mode of each GPIO is set, and reads back */
  NEUSOC_STEP_IDENTITY,  /* ID and SIZE are this chip's */
  NEUSOC_STEP_REGISTERS, /* each bit that software may set holds 0 and 1, and no register is another */
  NEUSOC_STEP_INTERRUPT, /* a refused access interrupts, and its interrupt is served once */
  NEUSOC_STEP_READ,      /* a READ job over four cells ends, and interrupts */
  NEUSOC_STEP_PROGRAM,   /* one cell is formed and programmed */
  NEUSOC_STEP_EVENT,     /* events to that cell's row make its neuron spike */
  NEUSOC_STEP_IMAGE,     /* an image of that row is won by its neuron, a dark one by nobody */
  NEUSOC_STEP_PINS,      /* the same events and the spike over the pins of the ports */
  NEUSOC_STEPS
};

/* What a step tells. */
enum {
  NEUSOC_NOT_RUN,       /* a step before it found a fault */
  NEUSOC_PASSED,        /* detail: PROGRAM the code, EVENT and PINS how many events it took */
  NEUSOC_LEFT_OUT,      /* the plan, or the chip's core, does not have it */
  NEUSOC_BAD_MODE,      /* detail: the GPIO whose mode reads back as another */
  NEUSOC_NO_TRANSFER,   /* the modes do not reach the GPIOs */
  NEUSOC_BAD_IDENTITY,  /* no chip, or one of another interface; detail: what neusoc_identify() returned */
  NEUSOC_BAD_SIZE,      /* detail: rows, columns or neurons as the chip says */
  NEUSOC_LOCKED,        /* LOCK was set before: reset the chip */
  NEUSOC_BAD_REGISTER,  /* detail: offset of the register */
  NEUSOC_BAD_BITS,      /* detail: offset of the MASK register that holds what it should not, or not what it should */
  NEUSOC_NO_INTERRUPT,  /* IRQ_STATUS has its cause, and the core was not interrupted; detail: that register */
  NEUSOC_NO_CAUSE,      /* a refused access or the end of a job is not in IRQ_STATUS; detail: that register */
  NEUSOC_WRONG_CAUSE,   /* another interrupt was served, or it came more than once; detail: what was served */
  NEUSOC_DRIVER_FAULT,  /* detail: what a call of the driver returned */
  NEUSOC_BAD_CELL,      /* detail: outcome of the cell */
  NEUSOC_SILENT,        /* no spike, or the image told nobody; detail: events */
  NEUSOC_WRONG_NEURON,  /* detail: the neuron */
  NEUSOC_LIT_DARK,      /* a dark image was won; detail: the neuron */
  NEUSOC_BAD_PIN,       /* detail: the GPIO that does not move as it should */
  NEUSOC_WRONG_ROW,     /* a row that came over the pins is another, or was not counted; detail: the GPIO of its bit */
  NEUSOC_CRASHED        /* the management core trapped; detail: its mcause */
};

typedef struct {
  uint16_t code, detail;
} neusoc_told;

/* finished: 0 until all is told, then NEUSOC_FINISHED. */
enum { NEUSOC_FINISHED = 0x600D };
typedef struct {
  neusoc_told step[NEUSOC_STEPS];
  volatile uint32_t finished;
} neusoc_bringup_report;

/* What may be done to the chip. */
typedef struct {
  uint32_t row, column, level; /* the cell; an even column, which adds */
  uint32_t program;            /* 1: form and program it, which it never forgets; 0: EVENT, IMAGE and PINS want no spike */
  uint32_t pins;               /* 1: drive the ports from here. No board may drive them meanwhile. */
  uint32_t events;             /* most events until the spike */
  uint32_t looks;              /* at the registers, before a wait is given up */
} neusoc_bringup_plan;

/* All steps. The chip is left as after reset but for the cell, and but for counters: neurons off, key taken away, no interrupt enabled. */
void neusoc_bringup(const neusoc_bringup_plan *plan, neusoc_bringup_report *report);

/* To be called by the core's handler of user_irq[0]. */
void neusoc_interrupt(void);

#endif
