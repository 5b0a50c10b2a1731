use crate::command::ImportArguments;
use crate::failure::Failure;
pub async fn run(_: ImportArguments) -> Result<(), Failure> { Err(Failure::failed("x")) }
