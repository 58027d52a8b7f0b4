/* The harness' management core (VexRiscv of caravel_mgmt_soc_litex) as bring-up needs it: GPIOs, the user's Wishbone window, its interrupt.
 *
 * Addresses are those of its generated csr.h, soc.h and regions.ld.
 */
#ifndef NEUSOC_CARAVEL_H
#define NEUSOC_CARAVEL_H

#include <stdint.h>

enum { CARAVEL_GPIOS = 38, CARAVEL_WORD_GPIOS = 32 };
enum { CARAVEL_IRQ = 2 };              /* bit of user_irq[0] among the core's interrupts */
enum { CARAVEL_TRANSFER_LOOKS = 1000 }; /* at the transfer of the modes: a shift register of 13 bits a GPIO */

#define CARAVEL_WORD(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define CARAVEL_TRANSFER CARAVEL_WORD(0x26000000UL) /* write 1: modes go to the GPIOs; reads 1 while they do */
#define CARAVEL_DATA_LOW CARAVEL_WORD(0x2600000CUL) /* GPIOs 0 to 31: written, what a mode of the management core drives; read, the pad */
#define CARAVEL_DATA_HIGH CARAVEL_WORD(0x26000010UL)
#define CARAVEL_MODE(gpio) CARAVEL_WORD(0x26000024UL + 4 * (gpio))
#define CARAVEL_WISHBONE CARAVEL_WORD(0xF0003800UL) /* 1: the window at 0x30000000 is open */
#define CARAVEL_IRQ_PENDING CARAVEL_WORD(0xF0006810UL) /* of user_irq[0]: its rising edge; write 1 to clear */
#define CARAVEL_IRQ_ENABLE CARAVEL_WORD(0xF0006814UL)
#define CARAVEL_IRQ_OPEN CARAVEL_WORD(0xF0009800UL) /* which of user_irq the core sees at all */

/* Bits of a GPIO's mode. */
enum { CARAVEL_MANAGED = 0x0001, CARAVEL_OUTPUT_OFF = 0x0002, CARAVEL_INPUT_OFF = 0x0008 };

static inline int caravel_transfer(void) { /* 0, or 1 where it does not end */
  CARAVEL_TRANSFER = 1;
  for (uint32_t looks = CARAVEL_TRANSFER_LOOKS; looks; looks--)
    if (!(CARAVEL_TRANSFER & 1)) return 0;
  return 1;
}

static inline void caravel_interrupts(int on) {
  CARAVEL_IRQ_OPEN = (uint32_t)on;
  CARAVEL_IRQ_PENDING = 1;
  CARAVEL_IRQ_ENABLE = (uint32_t)on;
  __asm__ volatile("csrw 0xBC0, %0" ::"r"(on ? 1u << CARAVEL_IRQ : 0u)); /* the core's own mask */
  if (on) {
    __asm__ volatile("csrs mie, %0" ::"r"(1u << 11));
    __asm__ volatile("csrs mstatus, %0" ::"r"(1u << 3));
  } else {
    __asm__ volatile("csrc mstatus, %0" ::"r"(1u << 3));
  }
}

#endif
