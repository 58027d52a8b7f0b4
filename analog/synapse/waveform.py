"""The two spikes of the STDP waveform in numbers (plasticity.py draws and runs them)."""

WL_PULSE = 3.4                  # V: the pre spike's pulse
WL_TAIL, WL_TAIL_END = 2.1, 1.65    # V: tail of the word line, at its beginning and end of the window (exponential)
SL_TAIL, SL_TAIL_END = 2.4, 1.5    # V: tail of the source line likewise
BL_SET = 2.4                    # V: phase 1 of the post spike
PULSE, PHASE, EDGE = 100e-9, 200e-9, 5e-9
WINDOW = 10e-6                  # s: of both tails
DECAY = 3e-6                    # s: time constant of the exponential ones
