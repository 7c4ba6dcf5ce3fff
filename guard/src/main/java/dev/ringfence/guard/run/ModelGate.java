package dev.ringfence.guard.run;

import dev.ringfence.guard.Rule;
import dev.ringfence.guard.model.ModelFacts;
import dev.ringfence.guard.model.ModelFault;
import dev.ringfence.guard.model.VerifiedRecord;
import dev.ringfence.guard.model.Verifier;
import dev.ringfence.guard.state.VerificationView;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * Verifies the model before every start of the engine. What the init container read already stands
 * in {@code verified.json} beside the served folder, on a tmpfs that the engine cannot write.
 */
final class ModelGate implements Supplier<VerificationView> {
  private final ModelFacts facts;
  private final Path model;
  private final Path served;
  private final Path recordFile;

  ModelGate(ModelFacts facts, Path model, Path served) {
    this.facts = facts;
    this.model = model;
    this.served = served;
    this.recordFile = served.resolveSibling("verified.json");
  }

  @Override
  public VerificationView get() {
    VerifiedRecord record = VerifiedRecord.read(recordFile);
    try {
      new Verifier(facts, model, record, n -> {}).verifyInto(served);
      writeRecord(record);
      return VerificationView.good();
    } catch (ModelFault e) {
      return VerificationView.refused(e.file(), e.rule(), e.reason());
    } catch (IOException e) {
      return VerificationView.refused(
          ".", Rule.FILE_DIGESTS, "cannot be read or copied: " + VerifyProgram.ioReason(e));
    }
  }

  /**
   * Judges what an engine that runs already was given: the guard came back, the engine did not
   * stop.
   */
  VerificationView again() {
    VerifiedRecord record = VerifiedRecord.read(recordFile);
    try {
      new Verifier(facts, model, record, n -> {}).verifyServed(served);
      writeRecord(record);
      return VerificationView.good();
    } catch (ModelFault e) {
      return VerificationView.refused(e.file(), e.rule(), e.reason());
    } catch (IOException e) {
      return VerificationView.refused(
          ".", Rule.FILE_DIGESTS, "cannot be read: " + VerifyProgram.ioReason(e));
    }
  }

  private void writeRecord(VerifiedRecord record) {
    try {
      record.write(recordFile);
    } catch (IOException e) {
      // Without it the next start takes longer, and nothing else.
    }
  }
}
