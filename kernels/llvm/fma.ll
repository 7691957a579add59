; Fused multiply-adds on registers: the most that the floating-point units do when memory plays no part.
;
; chips         x86-64 with FMA (256 bit) or AVX-512F (512 bit), aarch64 with NEON (128 bit)
; operations    an iteration does 2 fused multiply-adds on each accumulator, of 2 FLOP per lane
; accumulators  $accumulators: enough independent chains to hide the unit's latency, few enough to stay in registers
;
; %operands points at the accumulators' first values, then x, y and z. The accumulators' last values are written back
; there, so nothing is dead, and nothing is known before the loop runs. With z = -y an accumulator swings between two
; values: it neither overflows, nor sinks to a denormal, nor stands still.
;
; Names with a dollar are filled in by flopsbench/ceiling/source.py; a line with $i stands for one line per accumulator.

declare $vector @$intrinsic($vector, $vector, $vector)

define void @run(i64 %iterations, $pointer %operands) {
entry:
  %x.at = getelementptr $vector, $pointer %operands, i64 $accumulators
  %y.at = getelementptr $vector, $pointer %x.at, i64 1
  %z.at = getelementptr $vector, $pointer %x.at, i64 2
  %x = load $vector, $pointer %x.at, align 1
  %y = load $vector, $pointer %y.at, align 1
  %z = load $vector, $pointer %z.at, align 1
  %at.$i = getelementptr $vector, $pointer %operands, i64 $i
  %first.$i = load $vector, $pointer %at.$i, align 1
  br label %loop

loop:
  %left = phi i64 [ %iterations, %entry ], [ %rest, %loop ]
  %old.$i = phi $vector [ %first.$i, %entry ], [ %new.$i, %loop ]
  %mid.$i = call $vector @$intrinsic($vector %x, $vector %y, $vector %old.$i)
  %new.$i = call $vector @$intrinsic($vector %x, $vector %z, $vector %mid.$i)
  %rest = sub i64 %left, 1
  %done = icmp eq i64 %rest, 0
  br i1 %done, label %end, label %loop

end:
  store $vector %new.$i, $pointer %at.$i, align 1
  ret void
}
