/* The common model (wpf.mmu) for rumur, in Murphi: writes to shadowed guest pages, and a handler that retries. Safety only; Murphi has no fairness.

   Sizes are macros of the C preprocessor, of which nothing else here makes use:
     G, V, B  GFNS, VCPUS and BUDGET of wpf.mmu
     F        0 for the variant `old`, 1 for `fixed`
     S        how many initial states there are: 2 * 6^G * (2 * G)^V. Murphi has no arrays as parameters of a rule set, so that an initial state is
              the digits of a number below it. Another number is an error that is found at once.

   Agrees state for state with wpf.mmu: 3,428 reachable states of `fixed` at (2,1), 70,492 at (2,2). */
const
  GFNS   : G;
  VCPUS  : V;
  BUDGET : B;
  FIXED  : F;
  STARTS : S;
type
  Gfn  : 0..GFNS-1;
  Vcpu : 0..VCPUS-1;
  Pc   : enum { RUN, FAULT, HANDLE, EMU };
var
  direct   : boolean;
  other_wp : array [Gfn] of boolean;
  n_sp     : array [Gfn] of 0..2;
  budget   : 0..BUDGET;
  pc       : array [Vcpu] of Pc;
  tgt      : array [Vcpu] of Gfn;
  kind     : array [Vcpu] of boolean;
  cnt      : array [Vcpu] of 0..BUDGET+2;
  bad      : boolean;

function protected(g : Gfn) : boolean;
begin
  return n_sp[g] > 0 | other_wp[g];
end;

/* Whether the handler resumes the guest: the difference between the two variants. */
function retries(v : Vcpu) : boolean;
begin
  return direct & kind[v] & (FIXED = 0 | n_sp[tgt[v]] > 0);
end;

ruleset start : 0..STARTS-1 do
  startstate
    var rest : 0..STARTS-1;
  begin
    rest := start;
    direct := rest % 2 = 1;
    rest := rest / 2;
    for g : Gfn do
      n_sp[g] := rest % 3;
      rest := rest / 3;
      other_wp[g] := rest % 2 = 1;
      rest := rest / 2;
    end;
    for v : Vcpu do
      pc[v] := RUN;
      cnt[v] := 0;
      tgt[v] := rest % GFNS;
      rest := rest / GFNS;
      kind[v] := rest % 2 = 1;
      rest := rest / 2;
    end;
    assert rest = 0 & (start = STARTS - 1 ->
        direct & forall g : Gfn do n_sp[g] = 2 & other_wp[g] end & forall v : Vcpu do tgt[v] = GFNS - 1 & kind[v] end)
      "S is not the number of initial states";
    budget := BUDGET;
    bad := false;
  end;
end;

ruleset v : Vcpu do
  rule "run: fault" pc[v] = RUN & protected(tgt[v]) ==>
  begin
    pc[v] := FAULT;
  end;

  rule "fault" pc[v] = FAULT ==>
  begin
    pc[v] := HANDLE;
  end;

  rule "handle: retry" pc[v] = HANDLE & retries(v) ==>
  begin
    if n_sp[tgt[v]] = 0 then bad := true; end;
    n_sp[tgt[v]] := 0;
    pc[v] := RUN;
    if cnt[v] < BUDGET + 2 then cnt[v] := cnt[v] + 1; end;
  end;

  rule "handle: emulate" pc[v] = HANDLE & !retries(v) ==>
  begin
    pc[v] := EMU;
  end;

  ruleset g : Gfn; k : boolean do
    rule "complete" (pc[v] = RUN & !protected(tgt[v])) | pc[v] = EMU ==>
    begin
      tgt[v] := g;
      kind[v] := k;
      cnt[v] := 0;
      pc[v] := RUN;
    end;
  end;
end;

ruleset g : Gfn do
  rule "shadow" budget > 0 & n_sp[g] < 2 ==>
  begin
    n_sp[g] := n_sp[g] + 1;
    budget := budget - 1;
  end;
end;

invariant "p4" forall v : Vcpu do cnt[v] <= BUDGET + 1 end;
