/* The firmware that simulation runs: bring-up alone, its report in RAM as neusoc_report. */
#include "bringup.h"

neusoc_bringup_report neusoc_report;

/* What the plan does to the chip; a build may say otherwise. */
#ifndef NEUSOC_PROGRAMS
#define NEUSOC_PROGRAMS 1
#endif
#ifndef NEUSOC_DRIVES
#define NEUSOC_DRIVES 1
#endif

/* Few events where no spike is waited for. */
static const neusoc_bringup_plan plan = {.row = 5, .column = 2, .level = 3, .program = NEUSOC_PROGRAMS, .pins = NEUSOC_DRIVES,
                                         .events = NEUSOC_PROGRAMS ? 40 : 2, .looks = 2000};

/* Whatever traps but an interrupt of the chip's ends it: the step that ran has crashed. */
__attribute__((interrupt("machine"), aligned(4))) void neusoc_trap(void) {
  uint32_t cause;
  __asm__ volatile("csrr %0, mcause" : "=r"(cause));
  if (cause == 0x8000000Bu) {
    neusoc_interrupt();
    return;
  }
  uint32_t step = 0;
  while (step < NEUSOC_STEPS - 1 && neusoc_report.step[step].code) step++;
  neusoc_report.step[step] = (neusoc_told){NEUSOC_CRASHED, (uint16_t)cause};
  neusoc_report.finished = NEUSOC_FINISHED;
  for (;;) {
  }
}

int main(void) {
  neusoc_bringup(&plan, &neusoc_report);
  return 0;
}
