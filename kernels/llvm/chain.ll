; A chain of dependent integer steps of one clock each: steps per second are the clock really running.
;
; chips         all of 64 bits: adding two registers takes one clock, and so does their exclusive or
; operations    an iteration does 8 additions and 8 exclusive ors in turn, each waiting for the one before it
; accumulators  one: the chain itself
;
; The code generator would fold additions alone into a few. The addends are registers, because some cores remove the
; addition of a constant while they rename registers. %operands points at the sum and the two addends; the sum is
; written back there, so that it is not dead.

define void @run(i64 %iterations, $pointer %operands) {
entry:
  %a.at = getelementptr i64, $pointer %operands, i64 1
  %b.at = getelementptr i64, $pointer %operands, i64 2
  %a = load i64, $pointer %a.at, align 8
  %b = load i64, $pointer %b.at, align 8
  %first = load i64, $pointer %operands, align 8
  br label %loop

loop:
  %left = phi i64 [ %iterations, %entry ], [ %rest, %loop ]
  %s0 = phi i64 [ %first, %entry ], [ %s16, %loop ]
  %s1 = add i64 %s0, %a
  %s2 = xor i64 %s1, %b
  %s3 = add i64 %s2, %a
  %s4 = xor i64 %s3, %b
  %s5 = add i64 %s4, %a
  %s6 = xor i64 %s5, %b
  %s7 = add i64 %s6, %a
  %s8 = xor i64 %s7, %b
  %s9 = add i64 %s8, %a
  %s10 = xor i64 %s9, %b
  %s11 = add i64 %s10, %a
  %s12 = xor i64 %s11, %b
  %s13 = add i64 %s12, %a
  %s14 = xor i64 %s13, %b
  %s15 = add i64 %s14, %a
  %s16 = xor i64 %s15, %b
  %rest = sub i64 %left, 1
  %done = icmp eq i64 %rest, 0
  br i1 %done, label %end, label %loop

end:
  store i64 %s16, $pointer %operands, align 8
  ret void
}
