//! `handbill serve` and `handbill worker`: work on every run of the store until somebody stops it, with the API or beside it.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::{Args, ValueEnum};
use handbill_api::{Metrics, State};
use handbill_domain::step::Lane;
use handbill_providers::Models;
use handbill_store::keys;
use handbill_worker::{Engine, Meter, Stop};

use crate::{console::Console, desk::Front, ending::Ending, language::said, run, settings::Settings, wiring};

/// What a worker process does.
#[derive(Debug, Args)]
pub struct Duty {
    /// Kinds of work, with commas between them
    #[arg(long, value_enum, value_delimiter = ',', required = true)]
    pub lanes: Vec<LaneName>,
    /// A models file, as in `create`
    #[arg(long, value_name = "FILE")]
    pub models: Option<PathBuf>,
    /// Answer /healthz, /readyz and /metrics at this address, such as 127.0.0.1:9470
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
}

/// A kind of work on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LaneName {
    /// Asks models: waits much, computes little
    Model,
    /// Computes pictures and videos
    Media,
    /// Sends something out
    Deliver,
}

impl From<LaneName> for Lane {
    fn from(name: LaneName) -> Self {
        match name {
            LaneName::Model => Self::Model,
            LaneName::Media => Self::Media,
            LaneName::Deliver => Self::Deliver,
        }
    }
}

/// Serves the API and every lane.
pub async fn serve(models: Option<&Path>, settings: &Settings, console: &Console) -> Result<(), Ending> {
    let models = Arc::new(wiring::models(models, settings)?);
    let (engine, mut state) = parts(models.clone(), settings).await?;
    let own = wiring::Own::of(settings)?.digests().collect();
    state.desk = Some(Arc::new(Front::open(models, own, engine.clone(), settings)?));
    let listener = bind(&settings.api, "HANDBILL_API__LISTEN=127.0.0.1:8471")?;
    let address = settings.api.listen;
    console.tell(&said!(console.language, "listening on http://{address}", "正在监听 http://{address}"));
    invite(&state, address, console).await?;
    until_stopped(&engine, &[Lane::Model, Lane::Media, Lane::Deliver], Some((listener, state)), console).await
}

/// Serves some lanes.
pub async fn worker(duty: &Duty, settings: &Settings, console: &Console) -> Result<(), Ending> {
    let models = Arc::new(wiring::models(duty.models.as_deref(), settings)?);
    let (engine, state) = parts(models, settings).await?;
    let api = match duty.listen {
        Some(listen) => {
            let listener = bind(&handbill_api::Settings { listen }, "--listen 127.0.0.1:9471")?;
            Some((listener, state))
        }
        None => None,
    };
    let mut lanes: Vec<Lane> = duty.lanes.iter().map(|name| Lane::from(*name)).collect();
    lanes.sort_unstable();
    lanes.dedup();
    let names = lanes.iter().map(|lane| lane.as_str()).collect::<Vec<_>>().join(", ");
    console.tell(&said!(console.language, "working on {names}", "开始工作：{names}"));
    until_stopped(&engine, &lanes, api, console).await
}

/// The engine, and what the API works with; without a desk it answers for the process alone.
async fn parts(models: Arc<Models>, settings: &Settings) -> Result<(Engine, State), Ending> {
    let catalog = models.catalog();
    let (entries, roles) = (catalog.entries().cloned().collect(), catalog.roles().clone());
    let store = wiring::store(settings).await?;
    let engine = wiring::workers(store.clone(), models, wiring::Own::of(settings)?, settings).await?;
    let state = State {
        store,
        dispatcher: engine.dispatcher.clone(),
        models: entries,
        roles,
        metrics: Some(Arc::new(Counted(engine.meter.clone()))),
        signals: engine.signals.clone(),
        desk: None,
    };
    Ok((engine, state))
}

/// Without a key nobody gets in, so a newcomer is told how to make one.
async fn invite(state: &State, address: SocketAddr, console: &Console) -> Result<(), Ending> {
    if keys::any(&state.store).await.map_err(anyhow::Error::from)? {
        return Ok(());
    }
    console.tell(&said!(
        console.language,
        "no key of the API exists yet; make one: handbill keys create --name me\nand try it: curl -H \"Authorization: Bearer $KEY\" http://{address}/api/v1/runs",
        "还没有 API 密钥；请创建一个：handbill keys create --name me\n然后试用：curl -H \"Authorization: Bearer $KEY\" http://{address}/api/v1/runs"
    ));
    Ok(())
}

fn bind(api: &handbill_api::Settings, other: &str) -> Result<TcpListener, Ending> {
    let address = api.listen;
    api.bind().map_err(|error| {
        Ending::refused(
            format!("cannot listen on {address}: {error}; name another address: {other}"),
            format!("无法监听 {address}：{error}；请换一个地址：{other}"),
        )
    })
}

/// Works until a signal: then nothing new is begun, and what was asked of models is waited for and kept, but not for
/// longer than a lease. What is still under way then is taken over by whoever comes next.
async fn until_stopped(
    engine: &Engine,
    lanes: &[Lane],
    api: Option<(TcpListener, State)>,
    console: &Console,
) -> Result<(), Ending> {
    let stop = Stop::default();
    drop(tokio::spawn(run::listen(stop.clone(), console.clone())));
    let working = async { engine.serve(lanes, &stop).await.map_err(anyhow::Error::from) };
    let serving = async {
        match api {
            Some((listener, state)) => {
                handbill_api::serve(listener, state).await.map_err(anyhow::Error::from)
            }
            None => Ok(()),
        }
    };
    let late = async {
        stop.requested().await;
        tokio::time::sleep(Duration::from_secs(engine.settings.lease_s).mul_f64(0.9)).await;
    };
    tokio::select! {
        done = async { tokio::try_join!(working, serving) } => drop(done?),
        () = late => console.complain(&said!(
            console.language,
            "handbill: stopped before everything that was under way had ended; the next worker goes on with it",
            "handbill：部分工作尚未结束即已停止；其他工作进程会接着完成"
        )),
    }
    Ok(())
}

/// What the engine counts, as the API shows it.
struct Counted(Arc<Meter>);

impl Metrics for Counted {
    fn text(&self) -> String {
        self.0.text()
    }
}
