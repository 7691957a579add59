; Dot products of short integers or bfloat16 on registers, added to accumulators of 32 bits.
;
; chips         x86-64 with AVX512-BF16, AVX512-VNNI or AVX-VNNI, aarch64 with BF16, I8MM or DotProd
; operations    an iteration does 2 dot products on each accumulator; their operations are counted in
;               flopsbench/ceiling/instruction.py
; accumulators  $accumulators: enough independent chains to hide the unit's latency, few enough to stay in registers
;
; %operands points at the accumulators' first values, then x, y and z, all of one size. The accumulators' last values
; are written back there, so nothing is dead, and nothing is known before the loop runs. With z = -y an accumulator
; swings between two values: it neither overflows, nor sinks to a denormal, nor stands still.
;
; Names with a dollar are filled in by flopsbench/ceiling/source.py; a line with $i stands for one line per accumulator.

declare $vector @$intrinsic($vector, $operand, $operand)

define void @run(i64 %iterations, $pointer %operands) {
entry:
  %x.at = getelementptr $vector, $pointer %operands, i64 $accumulators
  %y.at = getelementptr $vector, $pointer %x.at, i64 1
  %z.at = getelementptr $vector, $pointer %x.at, i64 2
  %x.bits = load $vector, $pointer %x.at, align 1
  %y.bits = load $vector, $pointer %y.at, align 1
  %z.bits = load $vector, $pointer %z.at, align 1
  %x = bitcast $vector %x.bits to $operand
  %y = bitcast $vector %y.bits to $operand
  %z = bitcast $vector %z.bits to $operand
  %at.$i = getelementptr $vector, $pointer %operands, i64 $i
  %first.$i = load $vector, $pointer %at.$i, align 1
  br label %loop

loop:
  %left = phi i64 [ %iterations, %entry ], [ %rest, %loop ]
  %old.$i = phi $vector [ %first.$i, %entry ], [ %new.$i, %loop ]
  %mid.$i = call $vector @$intrinsic($vector %old.$i, $operand %x, $operand %y)
  %new.$i = call $vector @$intrinsic($vector %mid.$i, $operand %x, $operand %z)
  %rest = sub i64 %left, 1
  %done = icmp eq i64 %rest, 0
  br i1 %done, label %end, label %loop

end:
  store $vector %new.$i, $pointer %at.$i, align 1
  ret void
}
