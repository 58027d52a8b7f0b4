/* Reset of the management core: RAM filled with a mark, by which a test tells how deep the stack went; then data, bss, main(). */
  .section .text.start, "ax"
  .globl _start
_start:
  la sp, stack_top
  la t0, neusoc_trap
  csrw mtvec, t0
  la t0, data_begin
  la t1, stack_top
  li t2, 0x5A5A5A5A
1: sw t2, 0(t0)
  addi t0, t0, 4
  bltu t0, t1, 1b
  la t0, data_begin
  la t1, data_end
  la t2, data_load
2: bgeu t0, t1, 3f
  lw t3, 0(t2)
  sw t3, 0(t0)
  addi t0, t0, 4
  addi t2, t2, 4
  j 2b
3: la t1, bss_end
4: bgeu t0, t1, 5f
  sw zero, 0(t0)
  addi t0, t0, 4
  j 4b
5: call main
6: j 6b
