//! Buckets: Amazon S3 and what speaks like it (MinIO, Ceph, R2, Alibaba OSS, Tencent COS).

use std::{fmt, sync::Arc, time::Duration};

use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey},
    prefix::PrefixStore,
};
use url::Url;

use crate::Error;

/// Longest that one transfer may take: a long video over a thin line.
const TRANSFER: Duration = Duration::from_secs(300);
/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// How long one request is repeated while the bucket's server is away or busy. Who wanted the file decides what then.
const REPEAT: Duration = Duration::from_secs(15);

/// A bucket. What is left empty comes from the environment, where every tool looks for it (`AWS_ACCESS_KEY_ID`,
/// `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`), or from the cloud that the machine is in.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct S3 {
    /// Its name.
    pub bucket: String,
    /// First part of every name in it; may be empty.
    pub prefix: String,
    /// `https://host:port` of the store; empty: Amazon's.
    pub endpoint: String,
    /// The region that requests are signed for; empty: `us-east-1`.
    pub region: String,
    /// Is the bucket a part of the host's name instead of the path?
    pub virtual_hosted: bool,
    /// Id of the key; empty: the environment's key, or the machine's role.
    pub access_key: String,
    /// The key's secret.
    pub secret_key: String,
}

impl fmt::Debug for S3 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bucket, prefix, endpoint, .. } = self;
        write!(out, "s3://{bucket}/{prefix} at {endpoint:?}")
    }
}

impl S3 {
    /// Reads `s3://bucket/prefix`.
    pub fn at(address: &str) -> Result<Self, String> {
        let shape = "should be s3://bucket or s3://bucket/prefix";
        let (bucket, prefix) = match address.strip_prefix("s3://") {
            Some(rest) => rest.split_once('/').unwrap_or((rest, "")),
            None => return Err(shape.into()),
        };
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
        if bucket.is_empty() || !bucket.chars().all(fits) {
            return Err(format!("{shape}; the name of a bucket has small letters, digits, dots and hyphens"));
        }
        let prefix = prefix.trim_matches('/').to_owned();
        Ok(Self { bucket: bucket.into(), prefix, ..Self::default() })
    }

    /// Says what cannot be an address of a store.
    pub fn checked_endpoint(&self) -> Result<(), String> {
        self.endpoint().map(|_| ())
    }

    /// The bucket, unseen.
    pub(super) fn open(&self) -> Result<Arc<dyn ObjectStore>, Error> {
        Ok(Arc::new(PrefixStore::new(self.client().map_err(Error::Files)?, self.prefix.clone())))
    }

    fn client(&self) -> Result<AmazonS3, String> {
        let transfers = ClientOptions::new().with_timeout(TRANSFER).with_connect_timeout(CONNECT);
        let backoff =
            BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: CONNECT, base: 2.0 };
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(&self.bucket)
            .with_virtual_hosted_style_request(self.virtual_hosted)
            .with_client_options(transfers)
            .with_retry(RetryConfig { backoff, max_retries: 6, retry_timeout: REPEAT })
            // Some of those that speak like Amazon do not take lists of names to delete.
            .with_disable_bulk_delete(true);
        if !self.access_key.is_empty() {
            builder = builder.with_access_key_id(&self.access_key).with_secret_access_key(&self.secret_key);
        }
        if !self.region.is_empty() {
            builder = builder.with_region(&self.region);
        }
        if let Some(endpoint) = self.endpoint()? {
            let plain = endpoint.scheme() == "http";
            let endpoint = endpoint.as_str().trim_end_matches('/');
            // The stronger of the two names that an endpoint has: the environment's must not stand over ours.
            builder = builder.with_config(AmazonS3ConfigKey::S3Endpoint, endpoint).with_allow_http(plain);
        }
        builder.build().map_err(|e| e.to_string())
    }

    /// The address that requests go to.
    fn endpoint(&self) -> Result<Option<Url>, String> {
        if self.endpoint.is_empty() {
            return Ok(None);
        }
        let shape = || "should be an address such as https://s3.example.com".to_owned();
        let mut address = Url::parse(&self.endpoint).map_err(|_| shape())?;
        let Some(host) = address.host_str().filter(|_| matches!(address.scheme(), "http" | "https")) else {
            return Err(shape());
        };
        if self.virtual_hosted {
            let host = format!("{}.{host}", self.bucket);
            address.set_host(Some(&host)).map_err(|e| format!("{host}: {e}"))?;
        }
        Ok(Some(address))
    }

    /// Why nothing could be listed.
    pub(super) fn unreachable(&self, error: &object_store::Error) -> Error {
        let at = if self.endpoint.is_empty() { "Amazon S3" } else { &self.endpoint };
        let said = error.to_string();
        // A list that fails is told by the words of the store alone.
        let code =
            said.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code);
        let why = match code {
            Some("NoSuchBucket") => "there is no such bucket",
            Some("AccessDenied" | "AllAccessDisabled") => {
                "the key may not look into it (it has to list, read, write and delete)"
            }
            Some("InvalidAccessKeyId" | "SignatureDoesNotMatch" | "ExpiredToken") => {
                "the key is not accepted"
            }
            _ => &said,
        };
        Error::Files(format!("bucket {} at {at}: {why}", self.bucket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_bucket_and_perhaps_a_prefix() {
        let s3 = S3::at("s3://campaigns/handbill/eu/").unwrap();
        assert_eq!((s3.bucket.as_str(), s3.prefix.as_str()), ("campaigns", "handbill/eu"));
        assert_eq!(S3::at("s3://campaigns").unwrap().prefix, "");
        for wrong in ["s3://", "s3:///x", "s3://Campaigns", "gs://campaigns", "s3://春茶"] {
            assert!(S3::at(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_bucket_may_be_a_part_of_the_host() {
        let endpoint = |endpoint: &str, virtual_hosted| {
            let s3 = S3 { endpoint: endpoint.into(), virtual_hosted, ..S3::at("s3://tea").unwrap() };
            s3.endpoint().map(|address| address.map(String::from))
        };
        assert_eq!(endpoint("", false).unwrap(), None);
        assert_eq!(endpoint("http://127.0.0.1:9000", false).unwrap().unwrap(), "http://127.0.0.1:9000/");
        assert_eq!(
            endpoint("https://oss-cn-hangzhou.aliyuncs.com", true).unwrap().unwrap(),
            "https://tea.oss-cn-hangzhou.aliyuncs.com/"
        );
        assert!(endpoint("minio:9000", false).is_err());
        assert!(endpoint("http://127.0.0.1:9000", true).is_err(), "a number has no part before it");
    }
}
